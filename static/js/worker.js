// /worker.js: keeps the market stall's page, and the pages of a seller's orders, without a network; shows what is pushed.
const MARKET = 'quay-cho'
const STALL = 'gian-hang'
const ORDERS = /^(\/en)?\/ban-hang(\/goi|\/don\/\d+)?$/
const UNDER = /^((\/en)?\/ban-hang)(\/|$)/
const PATIENCE = 6000
const LIVES = 36 * 3600000

self.addEventListener('install', () => self.skipWaiting())
self.addEventListener('activate', (event) => event.waitUntil(self.clients.claim()))

self.addEventListener('fetch', (event) => {
  const { request } = event
  const { origin, pathname } = new URL(request.url)
  if (request.method !== 'GET' || origin !== location.origin) return
  if (request.mode === 'navigate') event.respondWith(UNDER.test(pathname) ? orders(event, request, pathname) : page(request, pathname))
  else if (pathname.startsWith('/static/')) event.respondWith(file(request))
})

const inTime = (answer) => Promise.race([answer, new Promise((_, no) => setTimeout(no, PATIENCE))])

async function page(request, pathname) {
  const there = await caches.match(pathname, { cacheName: MARKET, ignoreVary: true })
  if (!there) return fetch(request)
  try {
    const answer = await inTime(fetch(request))
    return answer.status < 500 ? answer : there
  } catch {
    return there
  }
}

// A seller's page: as the shop answers; else as it is kept, an older one than a day and a half not at all.
async function orders(event, request, pathname) {
  const kept = await caches.open(STALL)
  const fresh = async (address) => {
    const there = await kept.match(address, { ignoreVary: true })
    return there && Date.now() - Date.parse(there.headers.get('Date')) < LIVES ? there : null
  }
  const home = pathname.match(UNDER)[1]
  const there = ORDERS.test(pathname) ? await fresh(pathname) : null
  let answer
  try {
    answer = await (there ? inTime(fetch(request)) : fetch(request))
  } catch {
    return there ?? (await fresh(home) ? Response.redirect(home) : Response.error())
  }
  if (answer.status >= 429) return there ?? answer // Busy or down.
  if (answer.ok && /\/don\/\d+$/.test(pathname)) event.waitUntil(kept.put(pathname, answer.clone()))
  // Not hers any more, or she has to sign in: what the phone keeps goes.
  if (!answer.ok && ORDERS.test(pathname)) event.waitUntil(caches.delete(STALL))
  return answer
}

async function file(request) {
  return (await caches.match(request, { ignoreVary: true })) ?? fetch(request)
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
