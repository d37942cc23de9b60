// <form data-draft="address" data-owner="3-7">: kept in this phone at every letter, in the shop after every field.
// Without an address: what was kept has arrived, and is forgotten.
import { say } from './say.js'

export function start(form) {
  const words = form.dataset
  const store = `nhap-${words.owner}`
  const line = form.querySelector('[data-kept]')
  let newest = 0
  let told = ''
  let sent = false
  let busy = false
  let more = false
  let timer

  const typed = () => [...new FormData(form)].filter(([name, value]) => typeof value === 'string' && name !== 'csrf_token')

  function keep() {
    try {
      localStorage.setItem(store, JSON.stringify(typed()))
    } catch {
      // No storage: the shop keeps it.
    }
  }
  function forget() {
    try {
      localStorage.removeItem(store)
    } catch {
      // There was none.
    }
  }

  if (!words.draft) return forget()

  for (const note of form.querySelectorAll('[data-note]')) {
    const field = form.elements[note.dataset.note]
    field.setAttribute('aria-describedby', `${field.getAttribute('aria-describedby') ?? ''} ${note.id}`.trim())
  }

  function write(notes) {
    for (const note of form.querySelectorAll('[data-note]')) {
      const said = (notes[note.dataset.note] ?? []).join(' ')
      note.hidden = !said
      if (said && note.textContent !== said && note.dataset.note === told) say(said)
      note.textContent = said
    }
  }

  // The line is there, she is not in any more: this page asks her in, and shows what was kept.
  function out() {
    if (line.querySelector('a')) return
    line.replaceChildren(`${words.out} `, Object.assign(document.createElement('a'), { href: location.pathname, textContent: words.in }))
    say(words.out)
  }

  async function save() {
    clearTimeout(timer)
    more = busy
    if (busy) return // One after the other: an older one that comes later would be what the shop keeps.
    busy = true
    const mine = newest
    try {
      const answer = await fetch(words.draft, {
        method: 'POST', body: new URLSearchParams(typed()), redirect: 'manual', signal: AbortSignal.timeout?.(60000),
        headers: { 'X-CSRF-Token': form.elements.csrf_token.value },
      })
      if (!answer.ok && answer.status < 429) return sent || out()
      if (!answer.ok) throw new Error(answer.status)
      const { saved, notes, there } = await answer.json()
      if (sent) return
      if (there) return forget(), location.assign(there)
      write(notes)
      if (mine !== newest) return
      forget()
      line.textContent = words.saved.replace('{at}', saved)
    } catch {
      line.textContent = words.cut
      if (!sent) timer = setTimeout(save, 15000)
    } finally {
      busy = false
      if (more && !sent) save()
    }
  }

  form.addEventListener('input', () => {
    sent = false
    newest += 1
    keep()
    clearTimeout(timer)
    timer = setTimeout(save, 1500)
  })
  form.addEventListener('change', ({ target }) => {
    told = target.name
    save()
  })
  form.addEventListener('submit', (event) => {
    clearTimeout(timer)
    sent = navigator.onLine // What a kept draft is answered now would lead away from the page that comes.
    if (sent) return
    event.preventDefault()
    line.textContent = words.cut
    say(words.cut)
  })
  addEventListener('online', () => newest && save())

  // What did not reach the shop last time.
  try {
    const kept = JSON.parse(localStorage.getItem(store) ?? 'null')
    if (kept) {
      for (const box of form.querySelectorAll('[type=checkbox]')) box.checked = kept.some(([name, value]) => name === box.name && value === box.value)
      for (const [name, value] of kept) {
        const field = form.elements[name]
        if (field?.type && !['checkbox', 'file', 'submit'].includes(field.type)) field.value = value
      }
      newest += 1
      save()
    }
  } catch {
    forget()
  }
}
