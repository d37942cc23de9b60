// Signing out wipes what the phone keeps: what is not sent yet is sent first, or she is asked.
import { open } from './queue.js'

export function start(form) {
  form.addEventListener('submit', async (event) => {
    if (form.dataset.asked) return
    event.preventDefault()
    const queue = await open('/hang-cho')
    await queue.send().catch(() => {})
    if (!(await queue.waiting()).length || confirm(form.dataset.unsent)) {
      form.dataset.asked = 'x'
      form.submit()
    }
  })
}
