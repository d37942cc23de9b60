// What was done without a network: kept in this phone, sent in order, each once. Knows no kind of act.
//   const queue = await open('/hang-cho'); queue.add(who, 'market.leave', { market: 3, number: 12 })
const BASE = 'hang-cho'
const MARK = 'chua-gui'
const AT_ONCE = 20
// A line that died without a word would hold everything up: who waits longer tries again.
const PATIENCE = 45000
const patient = () => AbortSignal.timeout?.(PATIENCE)

const asked = (request) => new Promise((good, bad) => {
  request.onsuccess = () => good(request.result)
  request.onerror = () => bad(request.error)
})
const ended = (transaction) => new Promise((good, bad) => {
  transaction.oncomplete = good
  transaction.onabort = transaction.onerror = () => bad(transaction.error)
})

function base() {
  const request = indexedDB.open(BASE, 1)
  request.onupgradeneeded = () => {
    request.result.createObjectStore('acts', { keyPath: 'n', autoIncrement: true })
    request.result.createObjectStore('kept', { keyPath: 'id' })
  }
  return asked(request)
}

export async function open(address) {
  const db = await base()
  const inside = (store, mode) => db.transaction(store, mode, { durability: 'strict' })
  const all = () => asked(inside('acts', 'readonly').objectStore('acts').getAll())
  const waiting = async () => (await all()).filter((act) => !act.outcome)

  async function change(store, work) {
    const held = inside(store, 'readwrite')
    const result = work(held.objectStore(store))
    await ended(held)
    await mark()
    return result
  }

  // Other pages ask before she signs out while something is not sent.
  async function mark() {
    const left = (await waiting()).length
    try {
      left ? localStorage.setItem(MARK, left) : localStorage.removeItem(MARK)
    } catch {
      // Nothing asks.
    }
  }

  async function add(who, kind, facts) {
    const key = [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, '0')).join('')
    const act = { key, who, kind, at: Date.now(), facts }
    await change('acts', (acts) => acts.add(act))
    return act
  }

  // What was never on its way can be taken back; what was, the shop may have already.
  async function takeBack(key) {
    const act = (await waiting()).find((one) => one.key === key && !one.tried)
    if (act) await change('acts', (acts) => acts.delete(act.n))
    return Boolean(act)
  }

  const written = ({ key, kind, at, facts }) => new URLSearchParams({ ten: key, viec: kind, luc: at, ...facts }).toString()

  async function batch(acts, token) {
    const body = new URLSearchParams({ csrf_token: token })
    for (const act of acts) body.append('act', written(act))
    await change('acts', (store) => acts.forEach((act) => store.put({ ...act, tried: true })))
    const answer = await fetch(address, { method: 'POST', body, redirect: 'manual', signal: patient() })
    if (!answer.ok) throw new Error(answer.status)
    const { results } = await answer.json()
    const by = new Map(results.map((one) => [one.key, one]))
    await change('acts', (store) => acts.forEach((act) => {
      const told = by.get(act.key)
      if (told) store.put({ ...act, tried: true, outcome: told.outcome, says: told.says, facts: bare(act.facts) })
    }))
    return results
  }

  // A slip's code is money: it stays no longer than it has to.
  const bare = ({ slip, ...rest }) => rest

  async function deliver() {
    const told = { sent: 0, conflicts: 0, signIn: false }
    let acts = await waiting()
    if (!acts.length) return told
    const door = await fetch(address, { redirect: 'manual', cache: 'no-store', signal: patient() })
    if (door.status >= 429) throw new Error(door.status) // Busy or down: nobody has to sign in for that.
    if (!door.ok) return { ...told, signIn: true }
    const { who, token } = await door.json()
    acts = acts.filter((act) => act.who === who)
    for (let from = 0; from < acts.length; from += AT_ONCE) {
      for (const { outcome } of await batch(acts.slice(from, from + AT_ONCE), token)) {
        outcome === 'done' ? told.sent += 1 : told.conflicts += 1
      }
    }
    return told
  }

  // One page sends at a time; the shop would take each act once all the same.
  const send = () => (navigator.locks ? navigator.locks.request(BASE, deliver) : deliver())

  return {
    add, all, waiting, takeBack, send,
    keep: (id, what) => change('kept', (kept) => kept.put({ ...what, id })),
    kept: (id) => asked(inside('kept', 'readonly').objectStore('kept').get(id)),
    drop: (id) => change('kept', (kept) => kept.delete(id)),
    // Acts that were answered, and belong to what is looked at.
    forget: (of) => all().then((acts) => change('acts', (store) => acts.forEach((act) => act.outcome && of(act) && store.delete(act.n)))),
  }
}
