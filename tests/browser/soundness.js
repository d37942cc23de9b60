// What axe does not see. Returns sentences, one for each fault. Run on a finished page.
({ language, maxStops }) => {
  const faults = []
  const say = (kind, text) => faults.push(`${kind}: ${text}`)
  const text = (node) => (node.textContent || '').replace(/\s+/g, ' ').trim()
  const show = (node) => node.outerHTML.replace(/\s+/g, ' ').slice(0, 110)
  const seen = (node) => node.checkVisibility({ visibilityProperty: true }) && !node.closest('[aria-hidden=true]')
  const all = (selector) => [...document.querySelectorAll(selector)]
  const words = (ids) => (ids || '').split(/\s+/).filter(Boolean)

  // What one hears of a control: label, words inside, pictures' words.
  function name(node) {
    if (node.getAttribute('aria-label')) return node.getAttribute('aria-label').trim()
    const labelled = words(node.getAttribute('aria-labelledby'))
    if (labelled.length) return labelled.map((id) => text(document.getElementById(id) ?? {})).join(' ')
    if (node.labels?.length) return [...node.labels].map(text).join(' ')
    const parts = []
    const walk = (at) => {
      for (const child of at.childNodes) {
        if (child.nodeType === 3) parts.push(child.data)
        else if (child.nodeType === 1 && child.getAttribute('aria-hidden') !== 'true' && getComputedStyle(child).display !== 'none') {
          if (child.tagName === 'IMG') parts.push(child.alt)
          else walk(child)
        }
      }
    }
    walk(node)
    return parts.join('').replace(/\s+/g, ' ').trim()
  }

  // Language
  for (const node of document.querySelectorAll('[lang]:not(:lang(vi), :lang(en))')) say('language', `unknown: ${node.lang}`)
  if (document.documentElement.lang !== language) say('language', `the page says ${document.documentElement.lang}, not ${language}`)
  const vietnamese = /(?:^|[\s(“"])[a-zđ]*[ăâêôơưạảấầẩẫậắằẳẵặẹẻẽếềểễệỉịọỏốồổỗộớờởỡợụủứừửữựỳỵỷỹđ][a-zà-ỹđ]*/g
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT)
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const at = node.parentElement
    if (at.closest('script,style,noscript')) continue
    const spoken = at.closest('[lang]')?.lang ?? ''
    const found = (node.data.match(vietnamese) ?? []).filter((word) => !word.endsWith('đồng'))
    if (spoken === 'en' && found.length >= 3 && !at.closest('[dir=auto],address') && seen(at) && !at.closest('select')) say('language', `Vietnamese read as English: ${node.data.trim().slice(0, 80)}`)
  }
  if (language === 'vi' && text(document.body).length > 80 && (text(document.body).match(vietnamese) ?? []).length < 3) say('language', 'no Vietnamese on a Vietnamese page')

  // Names
  for (const node of all('a[href],button,input:not([type=hidden]),select,textarea,summary').filter(seen)) {
    if (!name(node)) say('unnamed', show(node))
    if (node.placeholder) say('placeholder', show(node))
  }
  const links = new Map()
  for (const node of all('a[href]').filter(seen)) {
    const called = name(node).toLowerCase()
    const to = node.href
    if (links.has(called) && links.get(called) !== to) say('one name, two links', `“${called}” leads to ${links.get(called)} and ${to}`)
    else links.set(called, to)
  }
  const buttons = new Map()
  for (const node of all('button').filter(seen)) {
    const form = node.form
    const does = form ? [form.getAttribute('action'), node.name, node.value, ...[...new FormData(form)].filter(([key]) => key !== 'csrf_token').map(([k, v]) => `${k}=${typeof v === 'string' ? v : ''}`)].join('|') : node.dataset.copy ?? show(node)
    const group = node.closest('fieldset')?.querySelector('legend')
    const called = `${group ? text(group) : ''} ${name(node)}`.toLowerCase()
    if (buttons.has(called) && buttons.get(called) !== does) say('one name, two buttons', `“${called.trim()}”`)
    else buttons.set(called, does)
  }

  // Pictures
  for (const node of all('img').filter(seen)) {
    if (!node.hasAttribute('alt')) say('picture', `no alt: ${show(node)}`)
    else if (/\.(jpe?g|png|webp|avif|svg|gif)$|^(img|dsc|image|pic|photo)[-_ ]?\d+|^[0-9a-f]{12,}$/i.test(node.alt)) say('picture', `alt is a file name: ${node.alt}`)
    else if (/^(ảnh|hình|hình ảnh|image|picture|photo)$/i.test(node.alt.trim())) say('picture', `alt says nothing: ${node.alt}`)
    if (!node.hasAttribute('width') || !node.hasAttribute('height')) say('picture', `no size: ${show(node)}`)
  }
  for (const node of all('canvas').filter(seen)) if (!text(node) && !node.getAttribute('aria-label')) say('picture', 'canvas without words')
  for (const node of all('s,del,strike').filter(seen)) {
    if (!node.previousElementSibling?.classList.contains('vh') && !text(node).includes(' cũ')) say('price', `only struck through: ${text(node)}`)
  }

  // Structure
  let level = 0
  for (const node of all('h1,h2,h3,h4,h5,h6').filter(seen)) {
    if (!level && node.closest('[role=alert]')) continue // The summary of errors is read before all.
    const now = Number(node.tagName[1])
    if (now > level + 1) say('heading', `h${level} is followed by h${now} “${text(node)}”`)
    level = now
  }
  if (all('h1').filter(seen).length !== 1) say('heading', `${all('h1').filter(seen).length} of level 1`)
  const ids = all('[id]').map((node) => node.id)
  for (const id of new Set(ids.filter((one, n) => ids.indexOf(one) !== n))) say('id', `“${id}” twice`)
  for (const node of all('[aria-describedby],[aria-labelledby],label[for]')) {
    for (const id of [...words(node.getAttribute('aria-describedby')), ...words(node.getAttribute('aria-labelledby')), ...words(node.getAttribute('for'))]) {
      if (!document.getElementById(id)) say('id', `“${id}” is told of, but nowhere: ${show(node)}`)
    }
  }
  for (const node of all('a[href^="#"]')) if (node.hash.length > 1 && !document.getElementById(decodeURIComponent(node.hash.slice(1)))) say('id', `${node.hash} leads nowhere`)
  for (const node of all('input[type=radio]').filter(seen)) {
    const group = node.closest('fieldset,[role=radiogroup]')
    if (!group || !(text(group.querySelector('legend') ?? {}) || group.getAttribute('aria-label'))) say('radio', `no question before ${show(node)}`)
  }
  for (const node of all('table').filter(seen)) {
    if (node.getAttribute('role') === 'presentation') continue
    if (!node.querySelector('th')) say('table', 'no th')
    if (!text(node.querySelector('caption') ?? {})) say('table', 'no caption')
  }

  // Errors tied to their fields
  for (const node of all('[aria-invalid=true]')) {
    const told = words(node.getAttribute('aria-describedby')).map((id) => document.getElementById(id)).filter(Boolean)
    if (!told.some((one) => one.matches('.err') && text(one))) say('error', `not tied to ${show(node)}`)
  }
  for (const node of all('.err').filter(seen)) {
    if (!node.id || !document.querySelector(`[aria-describedby~="${CSS.escape(node.id)}"]`)) say('error', `tied to nothing: ${text(node)}`)
  }

  // Things that only look like controls, and things that move by themselves
  const native = 'a[href],button,input,select,textarea,summary,label,option,[tabindex],iframe,video[controls],audio[controls]'
  for (const node of all('[onclick],[role=button],[role=link]')) if (!node.matches('a[href],button,summary,[tabindex="0"]')) say('not a control', show(node))
  for (const node of all('body *')) {
    const style = getComputedStyle(node)
    if (style.cursor === 'pointer' && !node.closest(native) && !node.querySelector(native) && seen(node)) say('not a control', show(node))
    if (style.animationName !== 'none' && style.animationIterationCount === 'infinite') say('movement', show(node))
  }
  for (const node of all('meta[http-equiv=refresh],marquee,blink,video[autoplay],audio[autoplay]')) say('movement', show(node))

  // Where the keyboard goes
  const stops = all('a[href],button,input:not([type=hidden]),select,textarea,summary,[tabindex]').filter((node) => !node.disabled && node.tabIndex >= 0 && node.checkVisibility({ visibilityProperty: true }))
  for (const node of stops) if (node.tabIndex > 0) say('order', `tabindex ${node.tabIndex}: ${show(node)}`)
  const main = document.querySelector('main')
  if (!main) say('landmark', 'no main')
  else {
    const before = stops.filter((node) => node.compareDocumentPosition(main) & Node.DOCUMENT_POSITION_FOLLOWING && !main.contains(node))
    if (before.length > maxStops) say('order', `${before.length} stops before main`)
    let last
    for (const node of stops.filter((one) => main.contains(one))) {
      const box = node.getBoundingClientRect()
      if (box.width < 2 || box.height < 2) continue
      if (last && innerWidth < 500 && box.bottom < last.box.top && box.left < last.box.right) say('order', `${show(node)} stands above ${show(last.node)}`)
      last = { node, box }
    }
  }

  // Live regions: there before they speak
  const live = all('[role=status],[role=alert],[aria-live]:not([aria-live=off]),output')
  if (live.length > 3) say('live', `${live.length} live regions`)
  for (const node of live) if (text(node) && (node.matches('.vh') || !seen(node))) say('live', `speaks at load: ${text(node)}`)
  if (!all('[role=status]').some((node) => getComputedStyle(node).display !== 'none')) say('live', 'no status line that can speak')

  // Room for a thumb
  for (const node of all('button,select,textarea,input:not([type=hidden],[type=radio],[type=checkbox]),.btn').filter(seen)) {
    const box = node.getBoundingClientRect()
    if (box.height > 2 && (box.height < 43.5 || box.width < 43.5) && !node.matches('.vh') && !node.closest('.vh')) say('target', `${Math.round(box.width)}×${Math.round(box.height)}: ${show(node)}`)
  }
  return [...new Set(faults)]
}
