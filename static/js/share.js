// <button hidden data-share="https://…" data-title="…" data-said="Đã chép đường dẫn.">
// data-text, data-file, data-name: words and a picture.
import { say } from './say.js'

export function start(button) {
  const { share: url, title, text, said, file, name } = button.dataset
  if (!navigator.share && !navigator.clipboard) return
  button.hidden = false
  const what = { title, url, ...(text && { text }) }
  // Before she taps: a phone opens its sheet only at once after a tap.
  const add = async () => {
    const answer = await fetch(file)
    const files = [new File([await answer.blob()], name, { type: 'image/jpeg' })]
    if (answer.ok && navigator.canShare({ files })) what.files = files
  }
  if (file && navigator.canShare) add().catch(() => {})
  button.addEventListener('click', async () => {
    try {
      if (navigator.share) await navigator.share(what)
      else {
        await navigator.clipboard.writeText(url)
        say(said)
      }
    } catch {} // She closed it.
  })
}
