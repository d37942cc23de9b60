// <button hidden data-copy="text" data-said="Đã chép …" data-done="Xong">: shown where it works.
import { say } from './say.js'

export function start(button) {
  if (!navigator.clipboard) return
  const { copy, said, done } = button.dataset
  const word = (button.querySelector('span') ?? button).firstChild
  const icon = button.querySelector('use')
  const before = [word.data, icon?.getAttribute('href')]
  button.hidden = false
  button.addEventListener('click', async () => {
    try {
      await navigator.clipboard.writeText(copy)
    } catch {
      return prompt(said ?? '', copy) // Not allowed to: she copies it by hand.
    }
    word.data = done ?? word.data
    icon?.setAttribute('href', before[1].replace(/#.*/, '#xong'))
    say(said)
    setTimeout(() => {
      word.data = before[0]
      icon?.setAttribute('href', before[1])
    }, 4000)
  })
}
