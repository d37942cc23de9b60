// The search for a ward as a combobox (ARIA 1.2), and wards that follow their province.
import { say } from './say.js'

export function start(box) {
  const { find, wards, none, one, some, chosen, found } = box.dataset
  const input = box.querySelector('.combo input')
  const [province, ward] = box.querySelectorAll('select')
  const [known, old] = box.querySelectorAll('input[type=hidden]')
  const line = box.querySelector('[data-chosen-line]')
  const list = document.createElement('ul')
  const kept = new Map()
  let hits = []
  let at = -1
  let timer
  let asked
  let waiting = false

  const plain = (hidden) => {
    for (const node of box.querySelectorAll('[data-plain]')) node.hidden = hidden
  }
  plain(true)
  list.id = `${input.id}-nghe`
  list.hidden = true
  list.setAttribute('role', 'listbox')
  list.setAttribute('aria-label', found)
  input.after(list)
  const traits = { role: 'combobox', 'aria-autocomplete': 'list', 'aria-expanded': 'false', 'aria-controls': list.id }
  for (const [name, value] of Object.entries(traits)) input.setAttribute(name, value)

  async function ask(address) {
    if (!kept.has(address)) {
      const answer = await fetch(address, { headers: { Accept: 'application/json' } })
      if (!answer.ok) throw new Error(answer.status)
      kept.set(address, await answer.json())
    }
    return kept.get(address)
  }

  function release() {
    list.children[at]?.setAttribute('aria-selected', 'false')
    at = -1
    input.removeAttribute('aria-activedescendant')
  }

  function close() {
    list.hidden = true
    release()
    input.setAttribute('aria-expanded', 'false')
  }

  function show() {
    // An answer that comes after she went on would cover what she is doing now.
    if (document.activeElement !== input) return
    list.replaceChildren(...hits.map((hit, n) => {
      const row = document.createElement('li')
      row.id = `${list.id}-${n}`
      row.setAttribute('role', 'option')
      row.setAttribute('aria-selected', 'false')
      row.textContent = hit.label
      if (hit.note) row.append(Object.assign(document.createElement('small'), { textContent: hit.note }))
      row.addEventListener('mousedown', (event) => event.preventDefault())
      row.addEventListener('click', () => pick(hit))
      return row
    }))
    release()
    list.hidden = !hits.length
    input.setAttribute('aria-expanded', String(!list.hidden))
    say(hits.length > 1 ? some.replace('{n}', hits.length) : hits.length ? one : none)
  }

  function move(to) {
    list.children[at]?.setAttribute('aria-selected', 'false')
    at = (to + hits.length) % hits.length
    const row = list.children[at]
    row.setAttribute('aria-selected', 'true')
    row.scrollIntoView({ block: 'nearest' })
    input.setAttribute('aria-activedescendant', row.id)
  }

  // Beside "Đã chọn …", the complaint that nothing was chosen would be a lie.
  function mended() {
    document.getElementById(`${input.id}-loi`)?.remove()
    input.closest('.field').classList.remove('field--bad')
    input.removeAttribute('aria-invalid')
    input.setAttribute('aria-describedby', `${input.id}-goi-y`)
  }

  // What the server found before no longer counts.
  function tell(label) {
    for (const node of box.querySelectorAll('[data-hits]')) node.remove()
    line.hidden = !label
    if (label) mended()
    line.textContent = label && chosen.replace('{place}', label)
  }

  async function fill(code, picked) {
    const first = ward.options[0]
    ward.replaceChildren(first)
    if (picked) ward.add(new Option(picked.label, picked.code, false, true))
    if (!code) return
    const rows = await ask(wards + code)
    if (province.value !== code) return
    const now = ward.value
    ward.replaceChildren(first, ...rows.map((row) => new Option(row.label, row.code)))
    ward.value = now
  }

  // What is on its way is of before.
  function forget() {
    clearTimeout(timer)
    waiting = false
    asked = ''
    hits = []
  }

  // Only a province was named: its wards are in the list below.
  function browse(code) {
    close()
    province.value = code
    province.dispatchEvent(new Event('change'))
    ward.closest('details').open = true
    ward.focus()
  }

  function pick(hit) {
    forget()
    if (!hit.code) return browse(hit.province)
    input.value = known.value = hit.label
    old.value = hit.text === hit.label ? '' : hit.text
    province.value = hit.province
    fill(hit.province, hit).catch(() => {}) // The one she chose is there.
    close()
    tell(hit.text)
    say(line.textContent)
    box.dispatchEvent(new CustomEvent('placed', { bubbles: true }))
  }

  function look() {
    clearTimeout(timer)
    release() // Enter takes none of what was found for fewer letters.
    tell('')
    ward.value = old.value = ''
    const text = input.value.trim()
    asked = text
    waiting = text.length > 1
    if (!waiting) return close()
    timer = setTimeout(async () => {
      try {
        const rows = await ask(`${find}?q=${encodeURIComponent(text)}`)
        if (asked !== text) return
        waiting = false
        hits = rows
        show()
      } catch {
        if (asked !== text) return
        waiting = false
        close()
        plain(false)
      }
    }, 150)
  }

  input.addEventListener('input', look)

  input.addEventListener('keydown', (event) => {
    if (event.isComposing || event.keyCode === 229) return // Enter ends a word of Telex, and chooses nothing.
    const open = !list.hidden
    if (event.key === 'Escape' && open) close()
    else if (event.key === 'ArrowDown' && hits.length) open ? move(at + 1) : show()
    else if (event.key === 'ArrowUp' && open) move(at < 0 ? -1 : at - 1)
    else if (event.key === 'Enter' && open) at < 0 ? move(0) : pick(hits[at])
    else if (event.key !== 'Enter' || !waiting) return // The list is on its way.
    event.preventDefault()
  })
  input.addEventListener('blur', close)

  const follow = () => fill(province.value).catch(() => plain(false))

  province.addEventListener('change', () => {
    tell('')
    forget()
    input.value = known.value = old.value = ''
    follow()
  })
  ward.addEventListener('change', () => {
    input.value = known.value = old.value = ''
    tell(ward.value && `${ward.selectedOptions[0].text}, ${province.selectedOptions[0].text}`)
  })
  // On a slow line she has typed or chosen before this script came.
  if (document.activeElement === input && input.value !== known.value) look()
  else if (province.selectedIndex > 0 && !province.selectedOptions[0].defaultSelected) follow()
}
