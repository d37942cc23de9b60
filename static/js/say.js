// Tells a screen reader one sentence through the page's only status line.
export function say(sentence) {
  const line = document.querySelector('[data-say]')
  if (!line) return
  line.textContent = ''
  setTimeout(() => { line.textContent = sentence }, 60)
}
