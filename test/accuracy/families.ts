// Makes names comparable: one product is called differently by every source and every library. Nothing here knows a user
// agent; what two names stand for is the same whoever says it.

/** What is compared in a column. */
export type Column = 'browser' | 'os' | 'osVersion' | 'type' | 'brand' | 'model'
export const columns: readonly Column[] = ['browser', 'os', 'osVersion', 'type', 'brand', 'model']

const bare = (name: string): string => name.toLowerCase().replace(/[^\p{L}\p{N}]/gu, '')

const table = (...lines: readonly string[]): ReadonlyMap<string, string> =>
  new Map(
    lines.flatMap(line => {
      const [family = '', ...others] = line.split('|').map(bare)
      return others.map(other => [other, family] as const)
    }),
  )

const browsers = table(
  'ie|internet explorer|ie mobile|iemobile|mobile internet explorer|pocket internet explorer|msie',
  'chrome|chrome mobile|chrome mobile ios|chrome webview|chrome mobile webview|headlesschrome|chrome headless|chrome ios|chrome for ios|google chrome',
  'safari|mobile safari|safari mobile|uiwebview|mobile safari ui/wkwebview|wkwebview|safari webview|apple safari|mobilesafari|safari technology preview',
  'webkit|applewebkit',
  'firefox|firefox mobile|mobile firefox|firefox ios|firefox for ios|firefox webview|firefox alpha|firefox beta',
  'firefox focus|focus for firefox|firefox klar|klar',
  'edge|microsoft edge|edge mobile|edge ios|edge android|edge webview|edge webview2|edgehtml',
  'opera|opera devices|opera tv|opera mobile|opera mobi|opera tablet|opera next|opera developer|opera webview|opera chromium',
  'opera touch|opera touch ios',
  'opera mini|opera mini ios',
  'samsung internet|samsung browser|samsungbrowser|samsung internet for android|samsung internet browser',
  'uc|uc browser|ucbrowser|ucweb|uc browser mini|u2 browser|ubrowser|uc browser mobile|uc browser desktop',
  'silk|amazon silk|silk browser|mobile silk',
  'android|android browser|stock android browser|android webkit|android webview',
  'yandex|yandex browser|yabrowser|yandex browser lite|yandex search',
  'qq|qq browser|qqbrowser|qq browser mobile|qq browser lite|mqqbrowser|qq browser mini',
  'miui|miui browser|mi browser|miuibrowser|xiaomi mi browser',
  'huawei|huawei browser|huawei browser mobile|huaweibrowser',
  'vivo|vivo browser|vivobrowser',
  'heytap|heytap browser|heytapbrowser|oppo browser|oppobrowser|heytap',
  'facebook|facebook app for android|facebook app for ios|facebook app|fban|fbav|facebook groups',
  'messenger|facebook messenger|facebook messenger for ios',
  'instagram|instagram app',
  'wechat|weixin|micromessenger|wechat app|wechat win desktop',
  'line|line app',
  'gsa|google|google search app|google search|google app',
  'duckduckgo|duckduckgo mobile|duckduckgo privacy browser|duckduckgo app',
  'blackberry|blackberry browser|blackberry webkit|blackberry webview',
  'netscape|netscape navigator',
  'epiphany|gnome web|gnomeweb|web',
  'netfront|netfront life browser|access netfront',
  'netfront nx|netfrontnx',
  'nokia|nokia browser|nokiabrowser|nokia oss browser|nokia services (wap) browser|series60 browser|symbian browser|nokia web browser',
  'ovi|nokia xpress|nokia express|ovi browser|nokia ovi browser|nokia xpress browser',
  'openwave|openwave mobile browser|up browser|upbrowser',
  'obigo|obigo q|obigo wap|obigo internet browser|teleca|teleca obigo|obigo mobile browser',
  '360|360 browser|qihoo 360 browser|360 secure browser|360se|360 safe browser|360 phone browser|qihoo',
  'baidu|baidu browser|baidu box app|baidu explorer|baiduboxapp|bidu browser|baidubrowser|baidu spark|baidu search|baiduhd|baidu flyflow',
  'sogou|sogou explorer|sogou mobile|sogou mobile browser|sogou browser',
  'maxthon|maxthon nitro|mxnitro|maxthon cloud browser|mxbrowser',
  'lg|lg browser|lge browser|lgbrowser',
  'iceweasel|debian iceweasel',
  'palemoon|pale moon',
  'dolphin|dolphin browser|dolphin hd|dolphin mini',
  'dolfin|samsung dolfin',
  'bolt|bolt browser',
  'puffin|puffin browser|puffin mobile|puffin web browser|puffin secure browser',
  'espial|espial tv browser|espial browser',
  'webos|webos browser|webos tv browser',
  'playstation|sony playstation browser|playstation browser|sony playstation web browser',
  'nintendo|nintendobrowser|nintendo browser',
  'icab|icab mobile',
  'kindle|kindle browser|amazon kindle browser',
  'tesla|tesla browser|tesla car browser',
  'avast|avast secure browser|avast safezone browser',
  'aloha|aloha browser',
  'whale|whale browser|naver whale',
  'brave|brave mobile|brave browser',
  'vivaldi|vivaldi browser',
  'ecosia|ecosia ios|ecosia android|ecosia browser',
  'thunderbird|mozilla thunderbird',
  'outlook|microsoft outlook',
  'applemail|apple mail',
  'jsdom|node jsdom',
  'quark|quark browser',
  'cobalt|youtube|cobalt browser',
  'coccoc|coc coc|coccocbrowser|coc coc browser',
  'ovibrowser|nokia proxy browser',
  'aolbrowser|aol|aol desktop|aol explorer',
  'tiktok|musically|tik tok|bytedance tiktok',
  'polaris|polaris browser',
  'qtweb|qtweb internet browser',
  'phantomjs|phantom js',
  'snapchat|snapchat app',
  'linkedin|linkedin app|linkedin ios',
)

const systems = table(
  'macos|mac os x|os x|mac os|mac|macintosh|darwin',
  'windows|windows nt|windows 9x|windows 3.x|windows 95|windows 98|windows me|windows xp|windows vista|windows 2000|windows 7|windows 8|windows 10',
  'windows phone|windows phone os|windowsphone',
  'windows mobile|windows ce|windowsmobile|windows pocket pc',
  'ios|iphone os|ipados|iphoneos',
  'chromeos|chrome os|chromium os',
  'linux|gnu/linux|gnu linux|gnulinux',
  'blackberry|blackberry os|rim os|blackberry10',
  'blackberry tablet|blackberry tablet os|rim tablet os|qnx blackberry tablet os',
  'symbian|symbian os|symbianos|series60|s60|symbian^3|symbian os series 60|symbian s60',
  'series40|series 40|s40|nokia series 40',
  'fireos|fire os',
  'android|android tv|google tv|googletv|android wear|wear os|wearos',
  'webos|web0s|palm webos|hp webos',
  'tvos|apple tv|atv os x',
  'palm|palm os|palmos',
  'solaris|sunos',
  'suse|opensuse|suse linux',
  'redhat|red hat|red hat linux',
  'gentoo|gentoo linux',
  'mint|linux mint',
  'haiku|beos/haiku|beos',
  'harmonyos|harmony os|openharmony|open harmony',
  'nokiaasha|nokia asha platform|asha',
  'aliyun|aliyun os|yunos|yun os',
  'nintendo|nintendo switch|nintendo wii|nintendo wii u|nintendo nx|nintendo 3ds|nintendo mobile',
  'playstation|orbis os|orbisos|ps5 os|playstation 4|playstation 5|playstation 3|playstation vita|playstation portable|livearea',
  'sailfish|sailfish os',
  'firefoxos|firefox os',
  'brew|brew mp',
  'fuchsia|fuchsia os',
)

const brands = table(
  'blackberry|rim|research in motion',
  'sony|sony ericsson|sonyericsson|sony mobile',
  'lg|lge|lg electronics',
  'hp|hewlett packard',
  'tecno|tecno mobile',
  'microsoft|xbox',
  'oculus|meta|facebook',
  'xiaomi|redmi|poco',
  'samsung|samsung electronics',
  'asus|asustek',
  'htc|htc corporation',
)

/** A name as its family; a version and a type as they are. */
export function familyOf(column: Column, value: string): string {
  switch (column) {
    case 'browser':
      return browsers.get(bare(value)) ?? bare(value)
    case 'os':
      return systems.get(bare(value)) ?? bare(value)
    case 'brand':
      return brands.get(bare(value)) ?? bare(value)
    case 'model':
      return bare(value)
    case 'type':
      return value
    case 'osVersion':
      return value.toLowerCase().replaceAll('_', '.')
  }
}

/** Whether an answer is as good as the label. */
export function agrees(column: Column, label: string, answer: string, brand: string | undefined): boolean {
  if (column === 'osVersion') return agreesAsFarAsBothGo(familyOf(column, label), familyOf(column, answer))
  if (column === 'model') return modelOf(label, brand) === modelOf(answer, brand)
  return familyOf(column, label) === familyOf(column, answer)
}

/** 10.15 and 10.15.7 are the same for who knows only two numbers. */
function agreesAsFarAsBothGo(label: string, answer: string): boolean {
  const [a, b] = [label.split('.'), answer.split('.')]
  return a.slice(0, b.length).every((part, index) => part === b[index])
}

/** Some say the brand again before the model. */
function modelOf(model: string, brand: string | undefined): string {
  const [name, maker] = [bare(model), bare(brand ?? '')]
  return maker !== '' && name.startsWith(maker) && name.length > maker.length
    ? name.slice(maker.length)
    : name
}
