// What the server tells, for as long as somebody looks.

/** After an answer that is no stream (too many are looking, a proxy's page) a browser gives up for good. */
const againMs = 3_000
/** The server says something every two seconds at least. A connection that died without a word would stay as it is. */
const silentMs = 15_000
/** A browser has six connections to a host: tabs that nobody sees must not keep them from the one that is looked at. */
const unseenMs = 5_000

/** @param {(message: any) => void} hear @param {(text: string) => void} fail */
export function listen(hear, fail) {
  /** @type {EventSource | null} */
  let events = null
  let heardAt = 0
  let unseen = 0

  function open() {
    events?.close()
    heardAt = performance.now()
    const opened = new EventSource('events')
    events = opened
    opened.addEventListener('message', ({ data }) => {
      heardAt = performance.now()
      hear(JSON.parse(data))
    })
    opened.addEventListener('error', () => {
      // Where nothing answers the browser tries again by itself.
      if (opened.readyState !== EventSource.CLOSED) fail('the server does not answer')
      else {
        fail('the server refuses; trying again')
        setTimeout(() => {
          if (events === opened) open()
        }, againMs)
      }
    })
  }

  function leave() {
    events?.close()
    events = null
  }

  document.addEventListener('visibilitychange', () => {
    clearTimeout(unseen)
    if (document.hidden) unseen = setTimeout(leave, unseenMs)
    else if (events === null) open()
  })
  setInterval(() => {
    if (events === null || performance.now() - heardAt < silentMs) return
    fail('the server does not answer')
    open()
  }, 1_000)
  open()
}
