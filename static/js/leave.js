// Signing out wipes what the phone keeps: what is not sent yet is sent first, or she is asked.
import { open } from './queue.js'

const PATIENCE = 8000

export function start(form) {
  let asking = false
  form.addEventListener('submit', async (event) => {
    event.preventDefault()
    if (asking) return
    asking = true
    const left = await unsent().catch(() => 0) // What cannot be read does not keep her in.
    asking = false
    if (!left || confirm(form.dataset.unsent)) form.submit()
  })
}

async function unsent() {
  const queue = await open('/hang-cho')
  const sent = queue.send().catch(() => {})
  await Promise.race([sent, new Promise((then) => setTimeout(then, PATIENCE))])
  return (await queue.waiting()).length
}
