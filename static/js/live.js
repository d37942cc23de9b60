// <div data-live="/ban-hang/bang?…" data-stream="/ban-hang/nghe" data-mark data-newest>: the board that stays open.
// Told by a stream where there is one, else asking every few seconds; rings and speaks when she switched that on.
import { renew } from './renew.js'
import { say } from './say.js'

const EVERY = 8000
const TOLD = 60000 // A stream says when to look: asking is only for what it may have missed.
const AGAIN = 300000

export function start(box) {
  const inside = box.querySelector('[data-live-inside]')
  const title = document.title
  const ring = bell()
  const rings = choice(box.querySelector('[data-live-ring]'), 'bang-chuong', ring)
  const speaks = choice(box.querySelector('[data-live-speak]'), 'bang-doc', (button) => speak([button.dataset.example]))
  let { mark, newest } = box.dataset
  let told = false
  let busy = false
  let more = false
  let timer

  async function look() {
    clearTimeout(timer)
    more = busy
    if (busy) return
    busy = true
    const goesOn = await ask().catch(() => true) // The line is down: the next look tries again.
    busy = false
    if (more) look()
    else if (goesOn) timer = setTimeout(look, told ? TOLD : EVERY)
  }

  async function ask() {
    const answer = await fetch(`${box.dataset.live}&tu=${newest}`, { headers: { 'If-None-Match': mark }, cache: 'no-store', redirect: 'manual', signal: AbortSignal.timeout?.(30000) })
    if (answer.type === 'opaqueredirect') return renew(), true // She is signed out: no names stay on the screen.
    if (answer.status !== 200) return answer.status === 304 || answer.status >= 500 || answer.status === 429
    mark = answer.headers.get('ETag')
    const fresh = await answer.json()
    newest = fresh.newest
    show(inside, fresh.html)
    document.title = fresh.unseen ? `(${fresh.unseen}) ${title}` : title
    const tab = document.querySelector('[data-unseen] a[href$="/ban-hang"]')
    if (tab) tab.lastChild.textContent = tab.parentElement.dataset.unseen + (fresh.unseen ? ` (${fresh.unseen})` : '')
    dispatchEvent(new Event('board'))
    if (!fresh.news.length) return true
    say(fresh.news.join('. '))
    if (rings()) ring()
    if (speaks()) speak(fresh.news)
    return true
  }

  function listen() {
    const stream = new EventSource(box.dataset.stream)
    stream.onopen = () => { told = true; look() }
    stream.onmessage = look
    stream.onerror = () => {
      told = false
      if (stream.readyState === EventSource.CLOSED) setTimeout(listen, AGAIN)
      look()
    }
  }

  box.querySelector('[data-live-tools]').hidden = false
  timer = setTimeout(look, EVERY)
  if ('EventSource' in window) listen()
  addEventListener('online', look)
  document.addEventListener('visibilitychange', () => document.hidden || look())
}

// The new inside; what she held stays in her hand.
function show(inside, html) {
  const key = (node) => node.id || node.getAttribute('href') || (node.form && `${node.form.action} ${node.textContent}`)
  const held = inside.contains(document.activeElement) ? key(document.activeElement) : null
  inside.innerHTML = html
  if (held) [...inside.querySelectorAll('a, button')].find((node) => key(node) === held)?.focus()
}

// A choice of this phone: kept, and tried out when it is made.
function choice(button, name, tryOut) {
  const on = () => button.getAttribute('aria-pressed') === 'true'
  try {
    button.setAttribute('aria-pressed', localStorage.getItem(name) === '1')
  } catch {
    // It holds while the page is open.
  }
  button.addEventListener('click', () => {
    button.setAttribute('aria-pressed', !on())
    try {
      localStorage.setItem(name, on() ? '1' : '0')
    } catch {
      // As above.
    }
    if (on()) tryOut(button)
  })
  return on
}

// Browsers let a page sound once somebody has touched it.
function bell() {
  let sound
  const wake = () => {
    sound ??= 'AudioContext' in window ? new AudioContext() : null
    sound?.resume()
  }
  for (const act of ['pointerdown', 'keydown']) addEventListener(act, wake, { once: true })
  return () => {
    wake()
    if (!sound) return
    for (const [after, pitch] of [[0, 880], [0.22, 660], [0.6, 880], [0.82, 660]]) {
      const tone = new OscillatorNode(sound, { frequency: pitch })
      const loud = new GainNode(sound, { gain: 0 })
      const at = sound.currentTime + after
      loud.gain.setValueAtTime(0.3, at)
      loud.gain.exponentialRampToValueAtTime(0.001, at + 0.35)
      tone.connect(loud).connect(sound.destination)
      tone.start(at)
      tone.stop(at + 0.4)
    }
  }
}

function speak(sentences) {
  if (!('speechSynthesis' in window)) return
  for (const sentence of sentences) {
    const said = new SpeechSynthesisUtterance(sentence)
    said.lang = document.documentElement.lang === 'en' ? 'en' : 'vi-VN'
    speechSynthesis.speak(said)
  }
}
