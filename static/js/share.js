// <button hidden data-share="https://…" data-title="…" data-said="…">
// data-text, data-file, data-name: words, a picture.
import { say } from './say.js'

export function start(button) {
  const { share: url, title, text, said, file, name } = button.dataset
  if (!navigator.share && !navigator.clipboard) return
  button.hidden = false
  const what = { title, url, ...(text && { text }) }
  // Before she taps: a phone shares only right after it.
  const add = async () => {
    const got = await fetch(file)
    const files = [new File([await got.blob()], name, { type: 'image/jpeg' })]
    if (got.ok && navigator.canShare({ files })) what.files = files
  }
  if (file && navigator.canShare) add().catch(() => {})
  button.addEventListener('click', async () => {
    try {
      if (navigator.share) await navigator.share(what)
      else {
        await navigator.clipboard.writeText(url)
        say(said)
      }
    } catch (no) {
      if (no.name === 'NotAllowedError') prompt(title, url)
    }
  })
}
