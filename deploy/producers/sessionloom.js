// Events of a page, for Sessionloom: each with the id of its tab, sent in groups, also when the page goes away.
//
//   import { startTracking } from './sessionloom.js'
//   const track = startTracking({ endpoint: '/events', site: 'shop' })
//   track('search', { query: 'red shoes' })
//
// The collector adds `receivedAt` and puts each event on Kafka, keyed by `tabId`: collector.mjs, collector.py.

const tabKey = 'sessionloom-tab'
const openKey = 'sessionloom-open'
/** Browsers refuse beacons of more than 64 KiB. */
const maxBytes = 60_000
const sendEveryMs = 5_000
const maxWaiting = 1_000

/** Starts with a view of this page. Gives the function that tracks anything else. */
export function startTracking({ endpoint, site, profile = () => null }) {
  const tabId = openTab()
  const waiting = []

  function track(type, more = {}) {
    const { properties, query, value, ...others } = more
    waiting.push({
      eventId: crypto.randomUUID(),
      tabId,
      type,
      timestamp: Date.now(),
      site,
      query,
      value,
      profile: profile(),
      context: contextOf(others),
      properties,
    })
    // Offline for long: the oldest go first.
    if (waiting.length > maxWaiting) waiting.splice(0, waiting.length - maxWaiting)
  }

  function send() {
    while (waiting.length > 0) {
      const group = groupOf(waiting)
      // What the browser does not take now is tried again with the next.
      if (!navigator.sendBeacon(endpoint, bodyOf(group))) return
      waiting.splice(0, group.length)
    }
  }

  setInterval(send, sendEveryMs)
  // The last event that a phone is sure to give a page.
  document.addEventListener('visibilitychange', () => document.visibilityState === 'hidden' && send())
  addEventListener('pagehide', send)
  // A page that comes back from the browser's cache is seen again.
  addEventListener('pageshow', ({ persisted }) => persisted && track('page-view'))
  track('page-view')
  return track
}

/**
 * The id of this tab. Reloads and visits to other pages keep it, since `sessionStorage` does. A duplicated tab gets a
 * copy of that, mark and all: the mark is only there while a page is open, so who finds it set is the duplicate. (After a
 * crash nobody has taken the mark away, and the tab begins anew.)
 */
function openTab() {
  const isDuplicate = sessionStorage.getItem(openKey) !== null
  const kept = isDuplicate ? null : sessionStorage.getItem(tabKey)
  const tabId = kept ?? crypto.randomUUID()
  sessionStorage.setItem(tabKey, tabId)
  sessionStorage.setItem(openKey, '1')
  addEventListener('pagehide', () => sessionStorage.removeItem(openKey))
  addEventListener('pageshow', () => sessionStorage.setItem(openKey, '1'))
  return tabId
}

function contextOf(more) {
  const { userAgentData: hints } = navigator
  return {
    userAgent: navigator.userAgent,
    clientHints: hints && { brands: hints.brands, mobile: hints.mobile, platform: hints.platform },
    locale: navigator.language,
    timeZone: Intl.DateTimeFormat().resolvedOptions().timeZone,
    page: { url: location.href, title: document.title, referrer: document.referrer },
    screen: {
      width: screen.width,
      height: screen.height,
      colorDepth: screen.colorDepth,
      orientation: screen.orientation?.type,
      touch: navigator.maxTouchPoints,
    },
    viewport: { width: innerWidth, height: innerHeight },
    ...more,
  }
}

/** As many of the oldest as fit into one beacon, and at least one. */
function groupOf(events) {
  let bytes = 0
  const count = events.findIndex(event => {
    bytes += new Blob([JSON.stringify(event)]).size
    return bytes > maxBytes
  })
  return events.slice(0, count < 0 ? events.length : Math.max(1, count))
}

/** Plain text needs no question to the server first (CORS). `sentAt` lets the collector's clock put this one right. */
const bodyOf = events =>
  new Blob([JSON.stringify({ sentAt: Date.now(), events })], { type: 'text/plain;charset=utf-8' })
