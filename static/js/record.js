// <div hidden data-record="id of the file field" …>: records a voice where the browser can, at most a minute.
import { say } from './say.js'

const MOST = 60
// What every phone plays, before what older iPhones do not.
const KINDS = ['audio/mp4;codecs=mp4a.40.2', 'audio/webm;codecs=opus', 'audio/mp4', 'audio/ogg;codecs=opus']

export function start(box) {
  const field = document.getElementById(box.dataset.record)
  const kind = window.MediaRecorder && navigator.mediaDevices && KINDS.find((one) => MediaRecorder.isTypeSupported(one))
  if (!kind) return
  const [tap, play] = box.querySelectorAll('button')
  const line = box.querySelector('p[data-level]')
  const words = box.dataset
  let recorder
  let kept
  let heard
  let loudest
  let asking = false
  box.hidden = false

  const tell = (sentence) => {
    line.textContent = sentence
    say(sentence)
  }
  const level = (loud) => (loud < 0.01 ? words.none : loud < 0.05 ? words.low : words.good)

  async function record() {
    let stream
    try {
      stream = await navigator.mediaDevices.getUserMedia({ audio: true })
    } catch {
      return tell(words.denied)
    }
    const pieces = []
    const began = Date.now()
    const ears = new AudioContext()
    const meter = ears.createAnalyser()
    meter.fftSize = 16384 // A third of a second: looks leave no gap between them.
    const waves = new Float32Array(meter.fftSize)
    ears.createMediaStreamSource(stream).connect(meter)
    heard = loudest = 0
    recorder = new MediaRecorder(stream, { mimeType: kind, audioBitsPerSecond: 48000 })
    recorder.ondataavailable = ({ data }) => pieces.push(data)
    // Seen only: what a screen reader says aloud would be in the recording.
    const looking = setInterval(() => {
      meter.getFloatTimeDomainData(waves)
      heard = waves.reduce((most, wave) => Math.max(most, Math.abs(wave)), heard * 0.7)
      loudest = Math.max(loudest, heard)
      const s = Math.floor((Date.now() - began) / 1000)
      line.textContent = words.now.replace('{s}', s).replace('{level}', level(heard))
      if (s >= MOST && recorder.state === 'recording') recorder.stop()
    }, 250)
    recorder.onstop = () => {
      clearInterval(looking)
      for (const track of stream.getTracks()) track.stop()
      ears.close()
      kept = new Blob(pieces, { type: kind })
      const files = new DataTransfer()
      files.items.add(new File([kept], `ghi-am.${kind.slice(6, 9)}`, { type: kind.split(';')[0] }))
      field.files = files.files
      tap.textContent = words.again
      play.hidden = false
      tell(words.done.replace('{s}', Math.round((Date.now() - began) / 1000)).replace('{level}', level(loudest)))
    }
    recorder.start()
    tap.textContent = words.stop
    play.hidden = true
  }

  tap.addEventListener('click', async () => {
    if (recorder?.state === 'recording') return recorder.stop()
    if (asking) return // The browser is asking her: a second tap would leave a microphone open.
    asking = true
    await record().catch(() => tell(words.denied))
    asking = false
  })
  // Sent while it records: what she said so far goes with the rest.
  field.form.addEventListener('submit', (event) => {
    if (recorder?.state !== 'recording') return
    event.preventDefault()
    recorder.addEventListener('stop', () => field.form.requestSubmit(event.submitter))
    recorder.stop()
  })
  play.addEventListener('click', async () => {
    const ears = new AudioContext()
    const sound = ears.createBufferSource()
    sound.buffer = await ears.decodeAudioData(await kept.arrayBuffer())
    sound.connect(ears.destination)
    sound.onended = () => ears.close()
    sound.start()
  })
}
