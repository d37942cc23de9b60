// <button hidden data-share="https://…" data-title="…" data-said="Đã chép đường dẫn.">
import { say } from './say.js'

export function start(button) {
  const { share: url, title, said } = button.dataset
  if (!navigator.share && !navigator.clipboard) return
  button.hidden = false
  button.addEventListener('click', async () => {
    try {
      if (navigator.share) await navigator.share({ title, url })
      else {
        await navigator.clipboard.writeText(url)
        say(said)
      }
    } catch {
      // She closed the sheet: nothing to say.
    }
  })
}
