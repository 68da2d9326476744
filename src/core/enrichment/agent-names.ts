// One name for each browser and system, whoever tells of it: the parsers and the client hints have words of their own.

/** The document's name of a browser; a name that nobody has another word for stays as it is. */
export const browserName = (name: string): string => browsers.get(name) ?? name

/** The document's name of a system. */
export const systemName = (name: string): string => systems.get(name) ?? name

const named = (names: Readonly<Record<string, readonly string[]>>): ReadonlyMap<string, string> =>
  new Map(Object.entries(names).flatMap(([name, others]) => others.map(other => [other, name] as const)))

const browsers = named({
  'Android Browser': ['Android'],
  'Baidu Browser': ['Baidu', 'Baidu Explorer'],
  BlackBerry: ['BlackBerry WebKit'],
  Blazer: ['Palm Blazer'],
  Chrome: ['Google Chrome', 'Chrome Mobile', 'Chrome Mobile iOS'],
  'Chrome Headless': ['HeadlessChrome'],
  'Chrome WebView': ['Android WebView', 'Chrome Mobile WebView'],
  DuckDuckGo: ['DuckDuckGo Mobile'],
  Edge: ['Microsoft Edge', 'Edge Mobile'],
  'Edge WebView2': ['Microsoft Edge WebView2'],
  Electron: ['electron'],
  Facebook: ['Facebook App'],
  Firefox: ['Mobile Firefox', 'Firefox Mobile', 'Firefox iOS', 'Firefox Alpha', 'Firefox Beta', 'Fennec'],
  'Google App': ['GSA', 'Google'],
  'Huawei Browser': ['HuaweiBrowser'],
  'IE Mobile': ['IEMobile'],
  Line: ['LINE'],
  LinkedIn: ['linkedin'],
  'Mi Browser': ['MiuiBrowser', 'MIUI Browser'],
  Mosaic: ['NCSA Mosaic'],
  NetFront: ['Netfront'],
  'Nokia Browser': ['NokiaBrowser', 'Nokia OSS Browser', 'Nokia Services (WAP) Browser'],
  Obigo: ['Teleca Browser'],
  Opera: ['opera'],
  'Opera Mini': ['opera mini'],
  'Opera Mobile': ['Opera Mobi', 'OperaMobile'],
  'Pale Moon': ['PaleMoon'],
  'QQ Browser': ['QQBrowser', 'QQ Browser Mobile', 'QQBrowserLite', 'MQQBrowser'],
  Quark: ['QuarkPC'],
  'Safari WebView': ['Mobile Safari UI/WKWebView'],
  Silk: ['Amazon Silk'],
  'UC Browser': ['UCBrowser'],
  WebKit: ['Webkit', 'webkit', 'WebKit Nightly'],
  Yandex: ['YaBrowser', 'Yandex Browser', 'YandexSearch'],
})

const systems = named({
  Android: ['android'],
  BlackBerry: ['BlackBerry OS'],
  BREW: ['Brew', 'Brew MP'],
  ChromeOS: ['Chromium OS', 'Chrome OS'],
  Linux: ['linux', 'GNU'],
  macOS: ['Mac OS', 'Mac OS X'],
  Series40: ['Nokia Series 40'],
  Symbian: ['Symbian OS', 'Symbian^3', 'Symbian^3 Anna', 'Symbian^3 Belle'],
  tvOS: ['ATV OS X'],
  Unix: ['UNIX'],
  watchOS: ['WatchOS'],
  webOS: ['WebOS', 'Web0S'],
})
