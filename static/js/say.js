// Tells a screen reader one sentence through the page's only status line.
// also: true keeps what was said a moment ago before it, since both come from one act.
let told = ''
let at = 0

export function say(sentence, also = false) {
  const line = document.querySelector('[data-say]')
  if (!line) return
  told = also && Date.now() - at < 1500 ? `${told} ${sentence}` : sentence
  at = Date.now()
  line.textContent = ''
  setTimeout(() => { line.textContent = told }, 60)
}
