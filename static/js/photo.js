// <input type=file data-photo="/…/anh-gui" …>: made smaller here, shown at once, sent in pieces; after a cut it goes on.
import { say } from './say.js'

const SIDE = 1600
const BYTES = 300 * 1024
const PIECE = 64 * 1024
const KEPT = 'anh-dang-gui'

let wake
const pause = (ms) => new Promise((go) => {
  wake = go
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
// The latest choice counts: whatever is still under way for one before it stops, and touches nothing.
let turn = 0
let sending

function hold(work) {
  const mine = work.finally(() => { if (sending === mine) sending = null })
  sending = mine
}

export function start(input) {
  const form = input.form
  const key = form.elements.da_gui
  const words = input.dataset
  const line = document.getElementById(words.line)
  const shown = document.getElementById(words.shown)
  if (!key || !line || !window.createImageBitmap) return
  const name = input.name
  let waits = false
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
      method: 'POST', body, redirect: 'manual', signal: AbortSignal.timeout?.(120000),
      headers: { ...headers, 'X-CSRF-Token': form.elements.csrf_token.value },
    })
    const told = await answer.json().catch(() => ({}))
    if (answer.ok || (answer.status === 409 && told.received >= 0)) return told
    if (answer.type === 'opaqueredirect') throw new DOMException(words.out, 'SecurityError') // She is not in any more.
    if (answer.status >= 400 && answer.status < 500 && (told.says || answer.status !== 429)) throw new DOMException(told.says || words.refused, 'NotAllowedError')
    throw new Error(answer.status)
  }

  async function push(blob, id, mine) {
    let { received } = await ask(words.photo, new URLSearchParams({ khoa: id, co: blob.size }))
    while (received < blob.size) {
      if (mine !== turn) return
      tell(words.going.replace('{p}', Math.round((received / blob.size) * 100)), false)
      const piece = blob.slice(received, received + PIECE)
      received = (await ask(`${words.photo}/${id}`, piece, { 'Content-Type': 'application/octet-stream', 'Upload-Offset': received })).received
    }
    if (mine === turn) await ask(`${words.photo}/${id}/xong`)
  }

  // Whether the form may be sent then: not without a photo that was refused.
  async function send(blob, id, mine) {
    for (let wait = 1000; mine === turn; wait = Math.min(wait * 2, 30000)) {
      try {
        await push(blob, id, mine)
        if (mine === turn) tell(words.done)
        break
      } catch (cut) {
        if (mine !== turn) break
        if (['NotAllowedError', 'SecurityError'].includes(cut.name)) {
          key.value = input.value = ''
          shown.hidden = true
          tell(cut.message)
          if (cut.name === 'SecurityError') line.append(' ', Object.assign(document.createElement('a'), { href: location.pathname + location.search, textContent: words.in }))
          return false
        }
        tell(words.cut, wait === 1000)
        await pause(wait)
      }
    }
    if (mine === turn) globalThis.caches?.delete(KEPT)
    return true
  }

  function carry(blob, mine) {
    input.removeAttribute('name') // The form takes the photo by its key; the large one stays here.
    form.dispatchEvent(new Event('input', { bubbles: true }))
    return send(blob, key.value, mine)
  }

  async function chosen() {
    const mine = ++turn
    wake?.()
    key.value = ''
    input.name = name
    for (const other of form.querySelectorAll('[data-photo]')) if (other !== input) other.value = ''
    if (!input.files.length) {
      shown.hidden = true
      return tell('')
    }
    tell(words.making, false)
    try {
      const [blob, canvas] = await smaller(input.files[0])
      if (mine !== turn) return
      show(canvas)
      key.value = [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, '0')).join('')
      await globalThis.caches?.open(KEPT).then((box) => box.put(`/${key.value}`, new Response(blob))).catch(() => {})
      return mine === turn && await carry(blob, mine)
    } catch {
      if (mine !== turn) return
      tell('') // Not a picture this browser can draw: the form sends it as it is.
      shown.hidden = true
    }
  }

  input.addEventListener('change', () => hold(chosen()))
  if (input.files.length) hold(chosen()) // On a slow line she was quicker than this script.

  form.addEventListener('submit', async (event) => {
    if (!sending) return
    event.preventDefault()
    if (waits) return
    waits = true
    tell(words.wait)
    let fine
    while (sending) fine = await sending
    waits = false
    if (fine !== false) form.requestSubmit(event.submitter)
  })

  // Begun on this page before, and cut.
  if (key.value && !words.finished) {
    const mine = turn
    globalThis.caches?.match(`/${key.value}`, { cacheName: KEPT }).then(async (kept) => {
      if (!kept) return
      const blob = await kept.blob()
      const [, canvas] = await smaller(blob)
      if (mine !== turn) return
      show(canvas)
      hold(carry(blob, mine))
    })
  }
}
