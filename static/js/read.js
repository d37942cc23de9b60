// <button hidden data-read="id" data-stop="Thôi nghe">: reads that part aloud in the page's language.
export function start(button) {
  if (!('speechSynthesis' in window)) return
  const words = button.querySelector('span')
  const before = words.textContent
  const rest = () => { words.textContent = before }
  button.hidden = false
  button.addEventListener('click', () => {
    if (speechSynthesis.speaking) return speechSynthesis.cancel(), rest()
    const part = document.getElementById(button.dataset.read)
    const lines = [...part.querySelectorAll('h2,h3,p,li')].map((node) => node.innerText.trim() || node.querySelector('img')?.alt)
    const said = new SpeechSynthesisUtterance(lines.filter(Boolean).join('. '))
    said.lang = document.documentElement.lang === 'en' ? 'en-GB' : 'vi-VN'
    said.rate = 0.9
    said.onend = said.onerror = rest
    words.textContent = button.dataset.stop
    speechSynthesis.speak(said)
  })
  addEventListener('pagehide', () => { speechSynthesis.cancel(); rest() })
}
