/** Who makes a model that the parser knows no brand for: by the model's first word, which is often the brand. */
export function brandOfModel(model: string): string | null {
  for (const [prefix, brand] of brands) if (prefix.test(model)) return brand
  return null
}

const brands: readonly (readonly [RegExp, string])[] = [
  // The parser misses all that are not `Pixel`, a digit and XL: Pixel 8 Pro, Pixel 9a.
  [/^pixel\b/i, 'Google'],
  [/^(?:samsung|galaxy|sm-|gt-)/i, 'Samsung'],
  [/^(?:xiaomi|redmi|poco|mi \d|mi (?:note|max|mix|a\d|pad))/i, 'Xiaomi'],
  [/^(?:oneplus|one plus)/i, 'OnePlus'],
  [/^(?:oppo|cph\d{4})/i, 'OPPO'],
  [/^(?:realme|rmx\d{4})/i, 'Realme'],
  [/^(?:vivo|v2\d{3}[a-z]?$)/i, 'Vivo'],
  [/^(?:motorola|moto )/i, 'Motorola'],
  [/^huawei/i, 'Huawei'],
  [/^honor/i, 'Honor'],
  [/^nokia/i, 'Nokia'],
  [/^(?:sony|xperia|xq-)/i, 'Sony'],
  [/^(?:lg[- ]|lm-)/i, 'LG'],
  [/^(?:lenovo|tb-?\w{4,})/i, 'Lenovo'],
  [/^asus/i, 'ASUS'],
  [/^htc/i, 'HTC'],
  [/^zte/i, 'ZTE'],
  [/^tcl/i, 'TCL'],
  [/^infinix/i, 'Infinix'],
  [/^tecno/i, 'TECNO'],
  [/^itel/i, 'itel'],
  [/^fairphone/i, 'Fairphone'],
  [/^nothing/i, 'Nothing'],
  [/^cubot/i, 'Cubot'],
  [/^blackview/i, 'Blackview'],
  [/^doogee/i, 'Doogee'],
  [/^oukitel/i, 'Oukitel'],
  [/^ulefone/i, 'Ulefone'],
  [/^wiko/i, 'Wiko'],
  [/^meizu/i, 'Meizu'],
  [/^hisense/i, 'Hisense'],
  [/^alcatel/i, 'Alcatel'],
  [/^blu /i, 'BLU'],
  [/^surface/i, 'Microsoft'],
  [/^(?:iphone|ipad|ipod)/i, 'Apple'],
]

/** One name for each maker: parsers and devices write it as they like, and a list of brands must have each but once. */
export function brandName(brand: string): string {
  const known = names.get(brand.toLowerCase().replace(/[^a-z0-9]/g, ''))
  if (known !== undefined) return known
  // `KALLEY` is a name, `TCL` an abbreviation.
  if (/^[A-Z]{5,}$/.test(brand)) return brand[0] + brand.slice(1).toLowerCase()
  return /^[a-z]/.test(brand) && !/[A-Z]/.test(brand) ? brand[0]!.toUpperCase() + brand.slice(1) : brand
}

const named = (...list: readonly string[]): readonly (readonly [string, string])[] =>
  list.map(name => [name.toLowerCase().replace(/[^a-z0-9]/g, ''), name])

const names: ReadonlyMap<string, string> = new Map([
  ...named(
    'ASUS',
    'BenQ',
    'BlackBerry',
    'BLU',
    'HP',
    'HTC',
    'Huawei',
    'Infinix',
    'itel',
    'JVC',
    'LG',
    'LYF',
    'Meizu',
  ),
  ...named(
    'Motorola',
    'NEC',
    'Nokia',
    'OnePlus',
    'OPPO',
    'Realme',
    'Samsung',
    'Sony',
    'TCL',
    'TECNO',
    'Vivo',
    'Xiaomi',
    'ZTE',
  ),
  ['lge', 'LG'],
  ['lgelectronics', 'LG'],
  ['rim', 'BlackBerry'],
  ['hewlettpackard', 'HP'],
  ['sonyericsson', 'Sony'],
  ['tecnomobile', 'TECNO'],
  ['generalmobile', 'General Mobile'],
  ['googlefiber', 'Google'],
])
