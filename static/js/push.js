// <form hidden data-push="key" data-refused="…">: asks the browser where news may be pushed to, then sends that.
import { say } from './say.js'

const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, '+').replace(/_/g, '/')), (one) => one.charCodeAt(0))
const written = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, '-').replace(/\//g, '_').replace(/=+$/, '')

export function start(form) {
  if (!navigator.serviceWorker || !('PushManager' in window) || !('Notification' in window)) return
  form.hidden = false
  document.querySelector('[data-push-not]').hidden = true
  form.addEventListener('submit', async (event) => {
    event.preventDefault()
    try {
      if (await Notification.requestPermission() !== 'granted') throw new Error('denied')
      const worker = await navigator.serviceWorker.register('/worker.js', { scope: location.pathname })
      for (let n = 0; !worker.active; n += 1) {
        if (n > 150) throw new Error('no worker')
        await new Promise((then) => setTimeout(then, 100))
      }
      const found = await worker.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: bytes(form.dataset.push) })
      form.elements.endpoint.value = found.endpoint
      form.elements.p256dh.value = written(found.getKey('p256dh'))
      form.elements.auth.value = written(found.getKey('auth'))
      form.submit()
    } catch {
      const line = form.querySelector('.err')
      line.textContent = form.dataset.refused
      line.hidden = false
      say(form.dataset.refused)
    }
  })
}
