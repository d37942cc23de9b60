// In the place of worker.js while the shop lets no page work without a network: it takes itself away.
self.addEventListener('install', () => self.skipWaiting())
self.addEventListener('activate', (event) => event.waitUntil(
  caches.delete('quay-cho').then(() => self.registration.unregister()),
))
