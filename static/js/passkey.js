// <form hidden data-passkey="/dang-nhap/khoa/hoi"> with a field "credential" and <p data-trouble hidden>:
// shown where the browser knows passkeys; the phone signs what the shop asks, the form carries it.
const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, '+').replace(/_/g, '/')), (one) => one.charCodeAt(0))
const text = (buffer) =>
  btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, '-').replace(/\//g, '_').replace(/=+$/, '')
const SENT = ['clientDataJSON', 'attestationObject', 'authenticatorData', 'signature', 'userHandle']

async function signed(address, token) {
  const asked = await fetch(address, { method: 'POST', headers: { 'X-CSRF-Token': token } })
  if (!asked.ok) throw new Error(asked.status)
  const options = await asked.json()
  options.challenge = bytes(options.challenge)
  for (const key of options.allowCredentials ?? options.excludeCredentials) key.id = bytes(key.id)
  if (options.user) options.user.id = bytes(options.user.id)
  const { id, type, response } = await navigator.credentials[options.user ? 'create' : 'get']({ publicKey: options })
  const parts = SENT.filter((name) => response[name]).map((name) => [name, text(response[name])])
  return JSON.stringify({ id, rawId: id, type, response: Object.fromEntries(parts) })
}

export function start(form) {
  if (!window.PublicKeyCredential) return
  form.hidden = false
  const trouble = form.querySelector('[data-trouble]')
  let asking = false
  form.addEventListener('submit', async (event) => {
    event.preventDefault()
    if (asking) return // The phone asks one question at a time.
    asking = true
    trouble.hidden = true
    try {
      form.credential.value = await signed(form.dataset.passkey, form.csrf_token?.value ?? '')
      form.submit()
    } catch {
      trouble.hidden = false
    }
    asking = false
  })
}
