// Small comforts, each fetched only where its data- attribute stands. Nothing needs them.
const parts = {
  '[data-summary]': 'summary',
  '[data-copy]': 'copy',
  '[data-stepper]': 'stepper',
  '[data-share]': 'share',
  '[data-checkout]': 'checkout',
  '[data-address]': 'address',
  '[data-parcel]': 'parcel',
  '[data-watch]': 'watch',
  '[data-progress]': 'progress',
  '[data-live]': 'live',
  '[data-push]': 'push',
  '[data-read]': 'read',
  '[data-record]': 'record',
  '[data-stall]': 'stall',
  '[data-offline]': 'offline',
  '[data-photo]': 'photo',
  '[data-draft]': 'draft',
  '[data-passkey]': 'passkey',
}
try {
  if (document.querySelector('[data-stall],[data-offline]') || localStorage.getItem('chua-gui')) parts['form[data-unsent]'] = 'leave'
} catch {
  // No storage, nothing unsent.
}
for (const [where, name] of Object.entries(parts)) {
  const found = document.querySelectorAll(where)
  if (found.length) import(`./${name}.js`).then((part) => found.forEach((node) => part.start(node)), () => {})
}
