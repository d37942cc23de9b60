// What a parcel is taken to weigh follows its content while that is typed.
export function start(said) {
  const form = said.closest('form')
  const [net, kind] = [form.elements.net, form.elements.net_kind]
  if (!net || !kind) return
  const plain = said.textContent

  function grams() {
    const typed = net.value.trim().toLowerCase()
    const large = /^(\d+)(?:[.,](\d{1,2}))?\s*(kg|k[yý]|lít|l)$/.exec(typed)
    if (large) return Math.round(Number(`${large[1]}.${large[2] ?? 0}`) * 1000)
    const small = /^(\d{1,3}(?:[.,\s]\d{3})+|\d+)\s*(g|gr|gam|ml)?$/.exec(typed)
    return small ? Number(small[1].replace(/\D/g, '')) : 0
  }

  function follow() {
    const content = ['g', 'ml'].includes(kind.value) ? grams() : 0
    const parcel = Math.ceil((content * 115) / 5000) * 50
    said.textContent = parcel
      ? said.dataset.parcel.replace('{g}', parcel.toLocaleString(document.documentElement.lang))
      : said.dataset.plain ?? plain
  }

  net.addEventListener('input', follow)
  kind.addEventListener('change', follow)
}
