// /worker.js: keeps the market stall's page and its files without a network; shows what is pushed.
const KEPT = 'quay-cho'
const PATIENCE = 6000

self.addEventListener('install', () => self.skipWaiting())
self.addEventListener('activate', (event) => event.waitUntil(self.clients.claim()))

self.addEventListener('fetch', (event) => {
  const { request } = event
  const { origin, pathname } = new URL(request.url)
  if (request.method !== 'GET' || origin !== location.origin) return
  if (request.mode === 'navigate') event.respondWith(page(request, pathname))
  else if (pathname.startsWith('/static/')) event.respondWith(file(request))
})

const kept = (what) => caches.match(what, { cacheName: KEPT, ignoreVary: true })

async function page(request, pathname) {
  const there = await kept(pathname)
  if (!there) return fetch(request)
  try {
    const late = new Promise((_, no) => setTimeout(no, PATIENCE))
    const answer = await Promise.race([fetch(request), late])
    return answer.status < 500 ? answer : there
  } catch {
    return there
  }
}

async function file(request) {
  return (await kept(request)) ?? fetch(request)
}

self.addEventListener('push', (event) => {
  const { title, body, url, tag } = event.data.json()
  event.waitUntil(self.registration.showNotification(title, { body, tag, data: url }))
})

self.addEventListener('notificationclick', (event) => {
  event.notification.close()
  const url = new URL(event.notification.data, location.origin)
  if (url.origin === location.origin) event.waitUntil(self.clients.openWindow(url.href))
})
