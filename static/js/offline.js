// <div hidden data-offline='{who, stall, home, at, …words}'><p></p><p hidden><a></a></p></div>: her orders, also without a network.
// The worker keeps the pages; what she taps meanwhile waits in the queue and stands on the page as done.
import { open } from './queue.js'
import { renew } from './renew.js'
import { say } from './say.js'

const CACHE = 'gian-hang'
const OWNER = '/gian-hang'
const EVERY = 20000
const PATIENCE = 5000
const LIVES = 36 * 3600000
const MOST = 40

export async function start(box) {
  const words = JSON.parse(box.dataset.offline)
  const { who, stall } = words
  const [line, sign] = box.querySelectorAll('p')
  const queue = await open('/hang-cho').catch(() => null)
  if (!queue) return // Plain forms.
  const forms = () => document.querySelectorAll('form[data-step]')
  const first = new WeakMap()
  let state = navigator.onLine ? 'clear' : 'cut'
  let going
  let asking = 0
  let late = false

  const hers = (act) => act.kind === 'selling.step' && act.who === who && act.facts.stall === stall
  const step = (form) => form.querySelector('button:not([type])')
  const label = (form) => step(form).querySelector('span').firstChild

  function small(words, work, name = '') {
    const made = document.createElement('button')
    made.className = 'btn btn--2 btn--full'
    made.type = 'button'
    made.textContent = words
    if (name) made.append(Object.assign(document.createElement('span'), { className: 'vh', textContent: name }))
    made.addEventListener('click', work)
    return made
  }

  // What waits in the queue is laid over the page: the step is done, the next one is there.
  function lay(form, acts) {
    if (!first.has(form)) first.set(form, [form.elements.toi.value, label(form).data])
    const [to, name] = first.get(form)
    const last = acts.filter((act) => !act.outcome && act.facts.order === Number(form.dataset.step)).at(-1)
    form.querySelector('[data-noted]')?.remove()
    form.elements.toi.value = last ? 'packed' : to
    label(form).data = last ? words.pack : name
    step(form).hidden = last?.facts.to === 'packed'
    if (!last) return
    const noted = document.createElement('div')
    noted.className = 'flow flow--xs mb'
    noted.dataset.noted = last.facts.to
    noted.append(Object.assign(document.createElement('p'), { textContent: words[last.facts.to] }))
    if (!last.tried) noted.append(small(words.undo, async () => { await queue.takeBack(last.key); await show(); step(form).focus() }, form.querySelector('.vh')?.textContent))
    form.prepend(noted)
  }

  async function show() {
    const acts = (await queue.all()).filter(hers)
    forms().forEach((form) => lay(form, acts))
    const n = acts.filter((act) => !act.outcome).length
    const said = [
      state === 'cut' && words.cut, n && words.n.replace('{n}', n), state === 'cut' && words.go, n && state === 'sign' && words.sign,
      acts.some((act) => act.outcome === 'conflict') && words.again,
      ...new Set(acts.filter((act) => act.outcome === 'refused').map((act) => act.says || words.no)),
    ].filter(Boolean)
    line.textContent = said.join(' ')
    sign.hidden = !(n && state === 'sign')
    box.querySelector('button')?.remove()
    if (acts.some((act) => act.outcome)) line.after(small(words.seen, async () => { await queue.forget(hers); await show() }))
    box.hidden = !said.length
    box.dataset.waiting = n
    return n
  }

  // Whoever asks meanwhile waits for the same: steps go in their order.
  const sync = () => (going ??= send().finally(() => { going = null }))

  function anew() {
    if (!asking && !document.activeElement?.matches('input, textarea, select')) renew()
  }

  async function send() {
    let told = {}
    try {
      told = await queue.send()
      state = told.signIn ? 'sign' : 'clear'
    } catch {
      state = 'cut'
    }
    if (told.sent || told.conflicts) {
      await queue.forget((act) => hers(act) && act.outcome === 'done')
      if (told.sent && !told.conflicts) say(words.sent)
      anew()
    }
    await show()
  }

  // Whether the shop can be reached right now; what waits goes first, so that steps come in their order.
  async function reached() {
    if (!navigator.onLine) return false
    if ((await queue.all()).some((act) => hers(act) && !act.outcome)) {
      await Promise.race([sync(), new Promise((then) => setTimeout(then, PATIENCE))])
      return !going && state !== 'cut'
    }
    return fetch('/hang-cho', { redirect: 'manual', cache: 'no-store', signal: AbortSignal.timeout?.(PATIENCE) }).then((answer) => {
      // By the shop's clock alone: this page is older than this visit, so it came out of the phone.
      late = Date.parse(answer.headers.get('Date')) - words.at - performance.now() > 30000
      return true
    }, () => false)
  }

  document.addEventListener('submit', async (event) => {
    const form = event.target
    if (!form.matches('form[data-step]') || form.dataset.goes) return
    event.preventDefault()
    if (form.dataset.asks) return
    form.dataset.asks = 'x'
    asking += 1
    const to = form.elements.toi.value // What is sent meanwhile puts back what stood there before.
    const online = await reached()
    delete form.dataset.asks
    if (online) {
      form.dataset.goes = 'x'
      form.elements.toi.value = to
      if (!form.isConnected) document.body.append(Object.assign(form, { hidden: true })) // The board was renewed meanwhile.
      return form.submit()
    }
    asking -= 1
    state = 'cut'
    try {
      await queue.add(who, 'selling.step', { stall, order: Number(form.dataset.step), to })
    } catch {
      line.textContent = words.full
      box.hidden = false
      return say(words.full)
    }
    await show()
    say(`${words[to]} ${line.textContent}`)
    ;[...form.querySelectorAll('button')].find((one) => !one.hidden)?.focus()
  })

  // Without a network the button is the next step's at once: the second of two taps is not meant for it.
  document.addEventListener('click', (event) => {
    if (event.detail > 1 && event.target.closest('form[data-step]')) event.preventDefault()
  })

  addEventListener('online', () => look())
  addEventListener('offline', () => { state = 'cut'; show() })
  addEventListener('board', () => { show(); keep().catch(() => {}) })
  document.addEventListener('visibilitychange', () => document.hidden || show().then((n) => n && sync()))
  setInterval(async () => (state === 'cut' || await show()) && look(), EVERY)

  // A page that is older than this visit came out of the phone.
  async function look(again = true) {
    if (await show()) return sync()
    state = await reached() ? 'clear' : 'cut'
    if (late && state === 'clear') {
      state = 'cut' // What stands here is of before, whatever the line does now.
      if (again) anew()
    }
    return show()
  }
  const old = Math.abs(Date.now() - words.at) > 30000
  if (await show() || old || state === 'cut') await look(false)
  if (state !== 'clear') return
  // Here the shop shows itself what could not be done.
  if (document.querySelector('[data-live]')) await queue.forget((act) => hers(act) && act.outcome === 'conflict')
  await show()
  await keep().catch(() => {})

  async function keep() {
    if (!navigator.serviceWorker || !window.caches) return
    await navigator.serviceWorker.register('/worker.js', { scope: words.home })
    const mark = `${who}:${stall}`
    let kept = await caches.open(CACHE)
    const whose = await kept.match(OWNER)
    if (whose && await whose.text() !== mark) {
      await caches.delete(CACHE)
      kept = await caches.open(CACHE)
    }
    await kept.put(OWNER, new Response(mark))
    const wanted = JSON.parse(document.querySelector('[data-to-keep]')?.dataset.toKeep ?? '[]')
    for (const [address, stands] of navigator.connection?.saveData ? wanted.slice(0, 2) : wanted) {
      if ((await kept.match(address))?.headers.get('X-Stands') === stands) continue
      const page = await fetch(`${address}?giu=1`, { redirect: 'manual' })
      if (page.status >= 429) return // The shop is busy: another time.
      if (!page.ok) return caches.delete(CACHE)
      await kept.put(address, new Response(await page.blob(), { headers: { 'Content-Type': page.headers.get('Content-Type'), 'X-Stands': stands, Date: page.headers.get('Date') ?? new Date().toUTCString() } }))
    }
    await tidy(kept)
    const files = performance.getEntriesByType('resource').map((one) => one.name).filter((name) => name.startsWith(`${location.origin}/static/`))
    for (const file of new Set(files)) if (!(await kept.match(file, { ignoreVary: true }))) await kept.add(file).catch(() => {})
    box.dataset.kept = 'x'
  }
}

// What is old goes: pages after a day and a half, the oldest of many, files of releases before.
async function tidy(kept) {
  const pages = []
  for (const request of await kept.keys()) {
    const page = await kept.match(request)
    const at = Date.parse(page.headers.get('Date'))
    if (request.url.includes('/static/')) {
      if (Date.now() - at > 20 * LIVES) await kept.delete(request)
    } else if (at) pages.push([at, request])
  }
  pages.sort(([a], [b]) => b - a)
  for (const [n, [at, request]] of pages.entries()) if (n >= MOST || Date.now() - at > LIVES) await kept.delete(request)
}
