// One name for each browser and system, whoever tells of it: the parsers and the client hints have words of their own.

/** The document's name of a browser; a name that nobody has another word for stays as it is. */
export const browserName = (name: string): string => nameIn(browsers, name)

/** The document's name of a system. */
export const systemName = (name: string): string => nameIn(systems, name)

type Names = ReadonlyMap<string, string>

/** A user agent may write a name in any case. */
const nameIn = (names: Names, name: string): string => names.get(name.toLowerCase()) ?? name

/** By lower case, each name itself too. */
const named = (names: Readonly<Record<string, readonly string[]>>): Names =>
  new Map(
    Object.entries(names).flatMap(([name, others]) =>
      [name, ...others].map(other => [other.toLowerCase(), name] as const),
    ),
  )

const browsers = named({
  'Android Browser': ['Android'],
  Chromium: [],
  Conkeror: [],
  IE: [],
  Konqueror: [],
  Maxthon: [],
  Safari: [],
  'Baidu Browser': ['Baidu', 'Baidu Explorer'],
  BlackBerry: ['BlackBerry WebKit'],
  Blazer: ['Palm Blazer'],
  Chrome: ['Google Chrome', 'Chrome Mobile', 'Chrome Mobile iOS'],
  'Chrome Headless': ['HeadlessChrome'],
  'Chrome WebView': ['Android WebView', 'Chrome Mobile WebView'],
  DuckDuckGo: ['DuckDuckGo Mobile'],
  Edge: ['Microsoft Edge', 'Edge Mobile'],
  'Edge WebView2': ['Microsoft Edge WebView2'],
  Electron: [],
  Facebook: ['Facebook App'],
  Firefox: ['Mobile Firefox', 'Firefox Mobile', 'Firefox iOS', 'Firefox Alpha', 'Firefox Beta', 'Fennec'],
  'Google App': ['GSA', 'Google'],
  'Huawei Browser': ['HuaweiBrowser'],
  'IE Mobile': ['IEMobile'],
  Line: [],
  LinkedIn: [],
  'Mi Browser': ['MiuiBrowser', 'MIUI Browser'],
  Mosaic: ['NCSA Mosaic'],
  NetFront: [],
  'Nokia Browser': ['NokiaBrowser', 'Nokia OSS Browser', 'Nokia Services (WAP) Browser'],
  Obigo: ['Teleca Browser'],
  Opera: [],
  'Opera Mini': [],
  'Opera Mobile': ['Opera Mobi', 'OperaMobile'],
  'Pale Moon': ['PaleMoon'],
  'QQ Browser': ['QQBrowser', 'QQ Browser Mobile', 'QQBrowserLite', 'MQQBrowser'],
  Quark: ['QuarkPC'],
  'Safari WebView': ['Mobile Safari UI/WKWebView'],
  Silk: ['Amazon Silk'],
  'UC Browser': ['UCBrowser'],
  WebKit: ['WebKit Nightly'],
  Yandex: ['YaBrowser', 'Yandex Browser', 'YandexSearch'],
})

const systems = named({
  Android: [],
  Debian: [],
  Fedora: [],
  FreeBSD: [],
  Gentoo: [],
  NetBSD: [],
  OpenBSD: [],
  Ubuntu: [],
  Windows: [],
  BlackBerry: ['BlackBerry OS'],
  BREW: ['Brew', 'Brew MP'],
  ChromeOS: ['Chromium OS', 'Chrome OS'],
  Linux: ['GNU'],
  macOS: ['Mac OS', 'Mac OS X'],
  Series40: ['Nokia Series 40'],
  Symbian: ['Symbian OS', 'Symbian^3', 'Symbian^3 Anna', 'Symbian^3 Belle'],
  tvOS: ['ATV OS X'],
  Unix: [],
  watchOS: [],
  webOS: ['Web0S'],
})
