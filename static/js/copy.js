// <button hidden data-copy="text" data-said="Đã chép …">: shown only where it works.
import { say } from './say.js'

export function start(button) {
  if (!navigator.clipboard) return
  button.hidden = false
  const words = button.querySelector('span') ?? button
  const before = words.innerHTML
  button.addEventListener('click', async () => {
    try {
      await navigator.clipboard.writeText(button.dataset.copy)
    } catch {
      return
    }
    words.textContent = button.dataset.said
    say(button.dataset.said)
    setTimeout(() => { words.innerHTML = before }, 4000)
  })
}
