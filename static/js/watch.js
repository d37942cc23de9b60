// <div hidden tabindex="-1" data-watch="address" data-mark="etag"><p></p>…: shows and says once that money came.
import { say } from './say.js'

const EVERY = 5000
const MOST = 300 // About an hour; whoever waits longer loads the page again.

export function start(box) {
  let { mark } = box.dataset
  let looks = 0
  const again = () => {
    if (looks < MOST) setTimeout(look, looks > 60 ? EVERY * 3 : EVERY)
  }
  const look = async () => {
    if (document.hidden) return again()
    looks += 1
    try {
      const answer = await fetch(box.dataset.watch, { headers: { 'If-None-Match': mark }, cache: 'no-store', signal: AbortSignal.timeout?.(30000) })
      if (answer.status === 200) {
        mark = answer.headers.get('ETag')
        show(box, await answer.json())
      } else if (answer.status !== 304 && answer.status < 429) return undefined
    } catch {
      // The line is down, or held too long: the next look tries again.
    }
    return again()
  }
  again()
}

function show(box, { says, headline, settled }) {
  box.hidden = false
  box.querySelector('p').textContent = says
  document.querySelector('h1').textContent = headline
  for (const number of settled) {
    const asked = document.querySelector(`[data-transfer="${number}"]`)
    if (!asked) continue
    const held = asked.contains(document.activeElement)
    asked.remove()
    if (held) box.focus()
  }
  say(says)
}
