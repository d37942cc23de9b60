// <div data-progress="address"><p>…</p><progress>: how far long work is, asked while it goes on; says each quarter once.
import { renew } from './renew.js'
import { say } from './say.js'

const EVERY = 1000
const SLOWLY = 5000
const MOST = 600

export function start(box) {
  const bar = box.querySelector('progress')
  let quarter = 0
  let looks = 0
  const again = () => {
    if (looks < MOST) setTimeout(look, looks > 60 ? SLOWLY : EVERY)
  }
  const look = async () => {
    if (document.hidden) return again()
    looks += 1
    try {
      const answer = await fetch(box.dataset.progress, { cache: 'no-store', redirect: 'manual', signal: AbortSignal.timeout?.(30000) })
      if (answer.status !== 200) return answer.status < 429 && renew(), again()
      const { done, total, says, over } = await answer.json()
      if (over) return renew(), again()
      bar.value = done
      box.querySelector('p').textContent = says
      const now = Math.floor(done / total * 4)
      if (now > quarter) say(says)
      quarter = now // Begun anew it goes back, and is said anew.
    } catch {
      // The line is down: the next look tries again.
    }
    return again()
  }
  again()
}
