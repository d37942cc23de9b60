// Loads the page again, unless she is on her way to another one: on a slow line that would take her tap away.
let left = -Infinity
addEventListener('beforeunload', () => { left = performance.now() })

export function renew() {
  if (performance.now() - left > 30000) location.reload()
}
