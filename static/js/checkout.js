// Fees and the total follow what is chosen. Without this, a button asks the server for them.
import { say } from './say.js'

export function start(form) {
  let asked = 0
  let waiting = false
  let timer

  const plain = (hidden) => {
    for (const node of form.querySelectorAll('[data-plain-checkout]')) node.hidden = hidden
  }
  plain(true)

  // applied: the id of the field whose button was pressed; that part is renewed under the focus.
  async function ask(applied) {
    const mine = ++asked
    waiting = true
    try {
      const answer = await fetch(form.dataset.checkout, { method: 'POST', body: new URLSearchParams(new FormData(form)) })
      if (mine !== asked) return
      if (!answer.ok) throw new Error(answer.status)
      const page = new DOMParser().parseFromString(await answer.text(), 'text/html')
      for (const part of page.querySelectorAll('[data-part]')) {
        const here = form.querySelector(`[data-part="${part.dataset.part}"]`)
        if (!here || (here.contains(document.activeElement) && !(applied && part.dataset.part === 'voucher'))) continue
        // What she unfolded stays unfolded.
        const folded = part.querySelector('details')
        if (folded && here.querySelector('details')?.open) folded.open = true
        here.replaceWith(document.adoptNode(part))
      }
      if (applied) document.getElementById(applied)?.focus()
      plain(true)
      const told = [form.querySelector('[data-part=voucher]')?.dataset.said, form.querySelector('[data-total]')?.dataset.total]
      say(told.filter(Boolean).join(' '), true)
    } catch {
      if (mine === asked) plain(false) // What stands there may be of before: the button asks.
    } finally {
      if (mine === asked) waiting = false
    }
  }

  function soon(wait = 60) {
    asked++ // An answer on its way knows less than the form: it would put back what was chosen before.
    clearTimeout(timer)
    timer = setTimeout(() => ask(), wait)
  }

  function apply(event, button) {
    event.preventDefault()
    clearTimeout(timer)
    ask(button.dataset.apply)
  }

  form.addEventListener('click', (event) => {
    const button = event.target.closest('[data-apply]')
    if (button) apply(event, button)
  })
  form.addEventListener('keydown', (event) => {
    const button = event.key === 'Enter' && form.querySelector('[data-apply]')
    if (button && event.target.id === button.dataset.apply) apply(event, button)
  })
  form.addEventListener('placed', () => soon())
  // What is written outside of these parts is not put back by any answer.
  form.addEventListener('input', ({ target }) => waiting && target.closest('[data-part]') && soon(500))
  form.addEventListener('change', (event) => {
    if (event.target.matches('select, input[type=radio], [name^=fund_], [name=receiver_name]')) soon()
  })

  // On a slow line she has chosen before this script came.
  const moved = ({ type, checked, defaultChecked, options, selectedIndex }) =>
    type === 'radio' ? checked !== defaultChecked : selectedIndex > 0 && !options[selectedIndex].defaultSelected
  if ([...form.elements].some(moved)) soon()
}
