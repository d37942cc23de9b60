// <div data-stall="3" data-book="…/so" data-page="…" data-words='{…}'>: the market's stall, also without a network.
// Shown is the book that the phone keeps, with the queue's acts laid over it.
import { open } from './queue.js'
import { say } from './say.js'

const MOST = 40
const EVERY = 20000

export async function start(box) {
  const words = JSON.parse(box.dataset.words)
  const market = Number(box.dataset.stall)
  const id = `quay-${market}`
  const part = (name) => box.querySelector(`[data-stall-${name}]`)
  const line = part('line')
  const list = part('list')
  const find = box.querySelector('[name=tim]')
  const sale = part('sale')?.querySelector('form')
  const made = box.querySelector('template').content
  const lang = document.documentElement.lang
  const plain = (text) => text.normalize('NFD').replace(/[\u0300-\u036f]/g, '').replace(/[đĐ]/g, 'd').toLowerCase()
  const dong = (n) => `${n.toLocaleString(lang)}\u00a0đồng`
  const put = (text, facts) => text.replace(/\{(\w+)\}/g, (_, name) => facts[name] ?? '')

  let queue
  try {
    queue = await open('/hang-cho')
  } catch {
    return // Plain forms.
  }
  let book = await queue.kept(id)
  let acts = []
  let state = 'clear'

  async function wipe() {
    book = undefined
    await queue.drop(id)
    await queue.forget((act) => act.facts.market === market && act.outcome === 'done')
  }
  if (book && Date.now() > book.until) await wipe()

  function laid() {
    const bags = book.bags.map((bag) => ({ ...bag, lines: bag.lines.map((one) => [...one]) }))
    const left = new Map(book.offers.map((offer) => [offer.id, offer.left]))
    for (const act of acts.filter((one) => !one.outcome)) {
      const bag = bags.find((one) => one.number === act.facts.number)
      if (act.kind === 'market.hand_over' && bag) Object.assign(bag, { state: 'given', act })
      if (act.kind === 'market.leave' && bag) Object.assign(bag, { state: 'left', act })
      // Taken back: as it was before that act.
      if (act.kind === 'market.take_back' && bag?.last?.id === act.facts.act) {
        const { line, n, due } = bag.last
        Object.assign(bag, line ? { state: 'given', act } : { state: 'waits', due, act })
        for (const one of bag.lines) if (one[0] === line) one[1] += n
      }
      if (act.kind === 'market.goods_back' && bag) {
        bag.act = act
        for (const one of bag.lines) if (one[0] === act.facts.line) one[1] -= act.facts.n
      }
      for (const [name, n] of Object.entries(act.facts)) if (/^n\d+$/.test(name)) left.set(Number(name.slice(1)), left.get(Number(name.slice(1))) - n)
    }
    return { bags, left }
  }

  const fits = (bag) => plain(find.value).split(/\s+/).filter(Boolean).every((word) => word === String(bag.number) || plain(`${bag.name} ${bag.code} ${bag.tail}`).includes(word))

  function button(label, hidden, work, second) {
    const made = document.createElement('button')
    made.type = 'button'
    made.className = second ? 'btn btn--2' : 'btn'
    made.textContent = label
    made.append(Object.assign(document.createElement('span'), { className: 'vh', textContent: ` ${hidden}` }))
    made.addEventListener('click', (event) => event.detail > 1 || work()) // What comes under a second tap is another button.
    return made
  }

  function row(bag) {
    const node = made.cloneNode(true).firstElementChild
    const title = put(words.bag, { n: bag.number, name: bag.name })
    const tag = node.querySelector('.tag')
    const [first, second] = node.querySelectorAll('.flow p')
    const [now, back] = node.querySelectorAll('.task__act')
    const waits = bag.state === 'waits'
    node.dataset.number = bag.number
    node.querySelector('h2').textContent = title
    tag.textContent = waits ? (bag.due ? put(words.due, { vnd: dong(bag.due) }) : words.paid) : words[bag.state]
    tag.className = `tag tag--${waits ? (bag.due ? 'canh' : 'tot') : ({ given: 'tot', left: 'loi' })[bag.state] ?? ''}`
    first.textContent = put(words.line, { ...bag, total: dong(bag.total) }) + (bag.late ? `. ${words.late}` : '') + (bag.act ? `. ${words.unsent}` : '')
    second.append(...bag.lines.flatMap(([, , textContent, , lang], n) => [n ? '; ' : '', Object.assign(document.createElement('span'), { textContent, lang })]))
    if (waits) {
      now.append(
        button(bag.due ? put(words.take, { vnd: dong(bag.due) }) : words.hand, title, () => act('market.hand_over', { market, number: bag.number, due: bag.due }, title)),
        button(words.absent, title, () => act('market.leave', { market, number: bag.number }, title), true),
      )
    }
    // What was not sent goes out of the queue; what the shop has is taken back by an act of its own.
    if (bag.act && !bag.act.tried) {
      now.append(button(words.undo, title, async () => { await queue.takeBack(bag.act.key); await show(); focus(bag.number) }, true))
    } else if (bag.last && !bag.act) {
      now.append(button(bag.last.line ? words.kept : words.undo, title, () => act('market.take_back', { market, number: bag.number, act: bag.last.id }, title), true))
    } else if (!waits) now.remove()
    if (bag.state === 'given') {
      for (const [lineId, n, , what] of bag.lines) if (n > 0) back.append(button(`${words.bring} ${what}`, title, () => act('market.goods_back', { market, number: bag.number, line: lineId, n: 1 }, title), true))
    }
    if (!back.children.length) node.querySelector('details').remove()
    return node
  }

  function focus(number, words) {
    const buttons = [...list.querySelectorAll(`[data-number="${number}"] :is(button, summary)`)]
    ;(buttons.find((one) => one.textContent === words) ?? buttons[0])?.focus()
  }

  // Two taps are one act: until the first is kept and shown, there is no other.
  let keeping = false
  async function note(kind, facts) {
    if (keeping) return false
    keeping = true
    try {
      await queue.add(book.who, kind, facts)
      await show()
      return true
    } catch {
      line.hidden = false
      line.querySelector('span').textContent = words.full
      say(words.full)
      return null
    } finally {
      keeping = false
    }
  }

  async function act(kind, facts, title) {
    if (!(await note(kind, facts))) return
    const bag = laid().bags.find((one) => one.number === facts.number)
    if (bag) say(`${title}: ${words[bag.state] ?? ''}`)
    focus(facts.number)
    sync()
  }

  async function show() {
    acts = (await queue.all()).filter((one) => one.facts.market === market)
    const has = Boolean(book)
    for (const node of box.parentElement.querySelectorAll('[data-plain-stall]')) node.hidden = has
    list.hidden = !has
    if (!has) return
    const { bags, left } = laid()
    const found = bags.filter(fits).sort((a, b) => (a.state !== 'waits') - (b.state !== 'waits') || plain(a.name).localeCompare(plain(b.name)) || a.number - b.number)
    const held = list.contains(document.activeElement) && document.activeElement
    const bagHeld = held && held.closest('[data-number]').dataset.number
    list.replaceChildren(...found.slice(0, MOST).map(row))
    if (held) focus(bagHeld, held.textContent)
    const more = part('more')
    more.hidden = found.length <= MOST && found.length > 0
    more.textContent = found.length ? put(words.more, { n: found.length - MOST }) : words.none
    for (const node of box.querySelectorAll('[data-left]')) node.textContent = left.get(Number(node.dataset.left)) ?? 0
    const waiting = acts.filter((one) => !one.outcome).length
    line.hidden = false
    line.querySelector('a').hidden = state !== 'sign'
    line.querySelector('span').textContent = [
      put(words.counts, { n: bags.filter((bag) => bag.state === 'waits').length, all: bags.length }),
      state !== 'clear' && words[state],
      waiting ? put(words.queue, { n: waiting }) : state === 'clear' && words.clear,
      acts.some((one) => one.outcome && one.outcome !== 'done') && words.again,
    ].filter(Boolean).join(' ')
    line.dataset.waiting = waiting
  }

  async function refresh() {
    const answer = await fetch(box.dataset.book, { redirect: 'manual', cache: 'no-store', signal: AbortSignal.timeout?.(45000) })
    if (!answer.ok) {
      // No longer hers: the names go, what she did stays until it is sent.
      if (answer.type === 'opaqueredirect' || answer.status === 404) { state = 'sign'; await wipe() }
      return
    }
    const fresh = await answer.json()
    if (fresh.over) return wipe()
    book = fresh
    await queue.keep(id, book)
    await queue.forget((one) => one.facts.market === market && one.outcome === 'done')
  }

  let busy = false
  async function sync() {
    if (busy) return
    busy = true
    try {
      const told = await queue.send()
      state = told.signIn ? 'sign' : 'clear'
      if (!told.signIn) await refresh()
      if (told.conflicts) say(words.again)
    } catch {
      state = 'cut'
    }
    busy = false
    await show()
    if (state === 'clear' && (await queue.waiting()).some((one) => one.facts.market === market && one.who === book?.who && !one.tried)) setTimeout(sync, 200)
  }

  function typed() {
    const facts = {}
    let total = 0
    for (const input of sale.querySelectorAll('fieldset input')) {
      const n = Number(input.value.trim()) || 0
      const offer = book.offers.find((one) => `n${one.id}` === input.name)
      if (n > 0 && offer) {
        facts[input.name] = n
        total += n * offer.price
      }
    }
    const slip = sale.elements.slip.value.trim()
    const said = sale.elements.slip_vnd.value.replace(/\D/g, '')
    const bySlip = slip ? Math.min(total, said ? Number(said) : total) : 0
    return { facts, total, slip, bySlip }
  }

  if (sale) {
    const sum = sale.querySelector('[data-sum]')
    let sold = -1000
    sale.addEventListener('input', () => {
      if (!book) return
      const { total, bySlip } = typed()
      sum.textContent = total ? put(words.sum, { vnd: dong(total), cash: dong(total - bySlip) }) : ''
    })
    sale.addEventListener('submit', async (event) => {
      if (!book) return
      event.preventDefault()
      const { facts, total, slip, bySlip } = typed()
      const { left } = laid()
      const short = Object.entries(facts).some(([name, n]) => n > (left.get(Number(name.slice(1))) ?? 0))
      if (!total && performance.now() - sold < 1000) return // The second of two taps.
      if (!total || short) {
        sum.textContent = words.few
        return
      }
      const kept = await note('market.sell', { market, total, ...facts, ...(slip ? { slip, slip_vnd: bySlip } : {}) })
      if (kept === null) sum.textContent = words.full
      if (!kept) return
      sold = performance.now()
      sale.reset()
      sum.textContent = put(words.sold, { vnd: dong(total) })
      sync()
    })
  }

  find.addEventListener('input', () => book && show())
  find.form.addEventListener('submit', (event) => book && event.preventDefault())
  addEventListener('online', sync)
  document.addEventListener('visibilitychange', () => document.hidden || sync())
  setInterval(async () => (await queue.waiting()).length && sync(), EVERY)
  scanner(box, find, () => show())
  await show()
  await sync()
  if (book) keepPage(box.dataset.page).catch(() => {})
}

// The page without names, and its files, stay in the phone; older releases go.
async function keepPage(address) {
  if (!navigator.serviceWorker || !window.caches) return
  await navigator.serviceWorker.register('/worker.js', { scope: address })
  const kept = await caches.open('quay-cho')
  const page = await fetch(`${address}?vo=1`, { redirect: 'manual' })
  if (!page.ok) return
  await kept.put(new URL(address, location).pathname, page)
  const files = performance.getEntriesByType('resource').map((one) => one.name).filter((name) => name.startsWith(`${location.origin}/static/`))
  for (const { url } of await kept.keys()) if (url.includes('/static/') && !files.includes(url)) await kept.delete(url)
  for (const file of new Set(files)) if (!(await kept.match(file, { ignoreVary: true }))) await kept.add(file).catch(() => {})
  navigator.storage?.persist?.()
  document.querySelector('[data-stall]').dataset.kept = 'x'
}

// A code that the camera sees goes into the search.
function scanner(box, find, show) {
  if (!('BarcodeDetector' in window) || !navigator.mediaDevices) return
  const video = box.querySelector('video')
  const place = box.querySelector('[data-stall-scan]')
  place.hidden = false
  let looking = false
  place.querySelector('button').addEventListener('click', async () => {
    if (looking) return // Two cameras would be opened, and one of them never closed.
    looking = true
    const stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: 'environment' } }).catch(() => null)
    if (!stream) return (looking = false)
    const seen = new BarcodeDetector({ formats: ['qr_code', 'code_128'] })
    video.srcObject = stream
    video.hidden = false
    await video.play().catch(() => {})
    for (let n = 0; n < 120 && !video.hidden; n += 1) {
      const [code] = await seen.detect(video).catch(() => [])
      if (code) {
        find.value = code.rawValue.split(/[?#]/)[0].split('/').pop()
        show()
        break
      }
      await new Promise((then) => setTimeout(then, 250))
    }
    stream.getTracks().forEach((track) => track.stop())
    video.hidden = true
    looking = false
  })
}
