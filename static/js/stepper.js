// − and + without a reload. With data-send on the stepper, the form is sent after the change.
export function start(stepper) {
  const input = stepper.querySelector('input')
  const most = Number(stepper.dataset.most) || 999
  // Two taps on a slow line: the second would put the same into the cart again.
  let sent = -1000
  stepper.closest('form')?.addEventListener('submit', (event) => {
    if (event.timeStamp - sent < 1000) event.preventDefault()
    else sent = event.timeStamp
  })
  for (const button of stepper.querySelectorAll('.stepper button')) {
    button.addEventListener('click', (event) => {
      if ('send' in stepper.dataset) return
      event.preventDefault()
      const now = Number.parseInt(input.value, 10) || 0
      input.value = Math.min(most, Math.max(1, now + Number(button.value)))
      input.dispatchEvent(new Event('change', { bubbles: true }))
    })
  }
}
