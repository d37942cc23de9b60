// <button hidden data-share="https://…" data-title="…" data-said="Đã chép đường dẫn.">
// data-text: words to pass on, data-file: a picture that goes with them, data-name: its name.
import { say } from './say.js'

export function start(button) {
  const { share: url, title, text, said, file, name } = button.dataset
  if (!navigator.share && !navigator.clipboard) return
  button.hidden = false
  // Fetched before she taps: a phone opens its sheet only at once after a tap.
  let files
  if (file && navigator.canShare)
    fetch(file)
      .then((answer) => (answer.ok ? answer.blob() : Promise.reject()))
      .then((picture) => {
        const all = [new File([picture], name, { type: 'image/jpeg' })]
        if (navigator.canShare({ files: all })) files = all
      })
      .catch(() => {})
  button.addEventListener('click', async () => {
    try {
      if (navigator.share) await navigator.share({ title, url, ...(text && { text }), ...(files && { files }) })
      else {
        await navigator.clipboard.writeText(url)
        say(said)
      }
    } catch {
      // She closed the sheet: nothing to say.
    }
  })
}
