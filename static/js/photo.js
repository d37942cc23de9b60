// <input type=file data-photo="/…/anh-gui" …>: made smaller here, shown at once, sent in pieces; after a cut it goes on.
import { say } from './say.js'

const SIDE = 1600
const BYTES = 300 * 1024
const PIECE = 64 * 1024
const KEPT = 'anh-dang-gui'

const pause = (ms) => new Promise((go) => {
  setTimeout(go, ms)
  addEventListener('online', go, { once: true })
})
const blobOf = (canvas, quality) => new Promise((good) => canvas.toBlob(good, 'image/jpeg', quality))

// Drawn upright; where it was taken and by whom is not drawn.
async function smaller(file) {
  const picture = await createImageBitmap(file, { imageOrientation: 'from-image' })
  const canvas = document.createElement('canvas')
  let side = Math.min(SIDE, Math.max(picture.width, picture.height))
  for (;;) {
    const scale = side / Math.max(picture.width, picture.height)
    canvas.width = Math.round(picture.width * scale)
    canvas.height = Math.round(picture.height * scale)
    canvas.getContext('2d').drawImage(picture, 0, 0, canvas.width, canvas.height)
    for (const quality of [0.85, 0.75, 0.65, 0.5]) {
      const blob = await blobOf(canvas, quality)
      if (blob && (blob.size <= BYTES || side < 500)) return [blob, canvas]
    }
    side *= 0.8
  }
}

// A page may have two inputs for its one photo: the camera's, and one for what is there already.
let turn = 0
let sending

export function start(input) {
  const form = input.form
  const key = form.elements.da_gui
  const words = input.dataset
  const line = document.getElementById(words.line)
  const shown = document.getElementById(words.shown)
  if (!key || !line || !window.createImageBitmap) return
  const name = input.name
  input.classList.add('vh') // What was chosen is shown.

  const tell = (sentence, aloud = true) => {
    line.hidden = !sentence
    line.textContent = sentence
    if (aloud) say(sentence)
  }

  function show(canvas) {
    canvas.setAttribute('role', 'img')
    canvas.setAttribute('aria-label', words.alt)
    shown.replaceChildren(canvas)
    shown.hidden = false
  }

  async function ask(address, body, headers = {}) {
    const answer = await fetch(address, {
      method: 'POST', body, redirect: 'manual',
      headers: { ...headers, 'X-CSRF-Token': form.elements.csrf_token.value },
    })
    const told = await answer.json().catch(() => ({}))
    if (answer.ok || (answer.status === 409 && told.received >= 0)) return told
    if (answer.type === 'opaqueredirect' || (answer.status >= 400 && answer.status < 500)) throw new DOMException(told.says || words.refused, 'NotAllowedError')
    throw new Error(answer.status)
  }

  async function push(blob, id) {
    let { received } = await ask(words.photo, new URLSearchParams({ khoa: id, co: blob.size }))
    while (received < blob.size) {
      tell(words.going.replace('{p}', Math.round((received / blob.size) * 100)), false)
      const piece = blob.slice(received, received + PIECE)
      received = (await ask(`${words.photo}/${id}`, piece, { 'Content-Type': 'application/octet-stream', 'Upload-Offset': received })).received
    }
    await ask(`${words.photo}/${id}/xong`)
  }

  async function send(blob, id) {
    const mine = ++turn
    for (let wait = 1000; mine === turn; wait = Math.min(wait * 2, 30000)) {
      try {
        await push(blob, id)
        if (mine === turn) tell(words.done)
        break
      } catch (cut) {
        if (mine !== turn) return
        if (cut.name === 'NotAllowedError') {
          key.value = input.value = ''
          shown.hidden = true
          tell(cut.message)
          break
        }
        tell(words.cut, wait === 1000)
        await pause(wait)
      }
    }
    if (mine === turn) globalThis.caches?.delete(KEPT)
  }

  function carry(blob) {
    input.removeAttribute('name') // The form takes the photo by its key; the large one stays here.
    form.dispatchEvent(new Event('input', { bubbles: true }))
    sending = send(blob, key.value).finally(() => { sending = null })
  }

  async function chosen() {
    turn += 1
    key.value = ''
    input.name = name
    if (!input.files.length) return
    tell(words.making, false)
    try {
      const [blob, canvas] = await smaller(input.files[0])
      show(canvas)
      key.value = [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, '0')).join('')
      await globalThis.caches?.open(KEPT).then((box) => box.put(`/${key.value}`, new Response(blob))).catch(() => {})
      carry(blob)
    } catch {
      tell('') // Not a picture this browser can draw: the form sends it as it is.
      shown.hidden = true
    }
  }

  input.addEventListener('change', chosen)
  if (input.files.length) chosen() // On a slow line she was quicker than this script.

  form.addEventListener('submit', async (event) => {
    if (!sending) return
    event.preventDefault()
    tell(words.wait)
    await sending
    form.requestSubmit(event.submitter)
  })

  // Begun on this page before, and cut.
  if (key.value && !words.finished) {
    globalThis.caches?.match(`/${key.value}`, { cacheName: KEPT }).then(async (kept) => {
      if (!kept) return
      const blob = await kept.blob()
      show((await smaller(blob))[1])
      carry(blob)
    })
  }
}
