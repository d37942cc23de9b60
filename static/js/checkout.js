// Fees and the total follow what is chosen. Without this, a button asks the server for them.
import { say } from './say.js'

export function start(form) {
  let asked = 0
  let timer

  for (const node of form.querySelectorAll('[data-plain-checkout]')) node.hidden = true

  async function ask() {
    const mine = ++asked
    try {
      const answer = await fetch(form.dataset.checkout, { method: 'POST', body: new URLSearchParams(new FormData(form)) })
      if (!answer.ok || mine !== asked) return
      const page = new DOMParser().parseFromString(await answer.text(), 'text/html')
      for (const part of page.querySelectorAll('[data-part]')) {
        const here = form.querySelector(`[data-part="${part.dataset.part}"]`)
        if (here && !here.contains(document.activeElement)) here.replaceWith(document.adoptNode(part))
      }
      for (const node of form.querySelectorAll('[data-plain-checkout]')) node.hidden = true
      say(form.querySelector('[data-total]')?.dataset.total ?? '', true)
    } catch {
      // Offline: the button still asks.
    }
  }

  function soon() {
    clearTimeout(timer)
    timer = setTimeout(ask, 60)
  }

  form.addEventListener('placed', soon)
  form.addEventListener('change', (event) => {
    if (event.target.matches('select, input[type=radio]')) soon()
  })
}
