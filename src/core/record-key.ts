const encoder = new TextEncoder()

/** Whether a record's key is this text in UTF-8. Compares in place: it runs once for each event. */
export function isKey(key: Uint8Array | null, text: string): boolean {
  if (key === null || key.length < text.length) return false
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (code > 0x7f) return isKeyInUtf8(key, text)
    if (key[i] !== code) return false
  }
  return key.length === text.length
}

function isKeyInUtf8(key: Uint8Array, text: string): boolean {
  const bytes = encoder.encode(text)
  return bytes.length === key.length && bytes.every((byte, i) => byte === key[i])
}
