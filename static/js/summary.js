// What went wrong is read first: the summary gets focus.
export function start(summary) {
  summary.focus()
}
