// Televisions tell their maker and model in forms of their own, which the parsers read for a few makers only.

export type Television = { readonly brand: string; readonly model: string | null }

/** ETSI TS 102 796: `HbbTV/1.5.1 (capabilities; vendor; model; software; …)`. */
const hbbTv = /\bHbbTV\/[\d.]+ ?\([^;()]{0,64}; ?([^;()]{1,64}); ?([^;()]{0,64});/
/** As YouTube asks of televisions: `(vendor, model, Wired)`. */
const connection = /\(([^,;()]{1,64}), ?([^,;()]{0,64}), ?(?:wired|wireless)\b/i
const vidaa = /\bVIDAA\/[\d.]{1,16}\(([^;()]{1,64});SmartTV;([^;()]{0,64});/

const makers: readonly (readonly [RegExp, string])[] = [
  [/\bSMART-TV\b|\bSmartHub\b|\bMaple\b/, 'Samsung'],
  [/\bWeb0S\b|\bwebOS\.TV\b|\bNetCast\b/, 'LG'],
  [/\bBRAVIA\b/i, 'Sony'],
  [/\bviera\b/i, 'Panasonic'],
  [/\bAQUOS\b/, 'Sharp'],
  [/\bNETTV\b/, 'Philips'],
]

/** Null where a television does not say who made it. */
export function televisionOf(userAgent: string): Television | null {
  for (const form of [vidaa, hbbTv, connection]) {
    const [, brand = '', model = ''] = form.exec(userAgent) ?? []
    if (/[a-z]{2}/i.test(brand)) return { brand: brand.trim(), model: model.trim() || null }
  }
  const maker = makers.find(([sign]) => sign.test(userAgent))
  return maker === undefined ? null : { brand: maker[1], model: null }
}
