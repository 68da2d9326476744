// The certificate authority of a node, known by its fingerprint alone.
//
// The client's own way is of no use: with verification on it refuses the unknown authority before it compares
// anything, and with verification off it would compare a chain whose signatures nobody has checked. So the
// authority is taken from the chain that the node sends, by its hash, and every connection is verified against it.
import { X509Certificate } from 'node:crypto'
import { connect, type DetailedPeerCertificate } from 'node:tls'
import { unusable } from './elasticsearch-failure.ts'

/**
 * PEM of the certificate with this SHA-256 fingerprint in the chain of the node at `url`. Rejects with
 * UnusableAnswerError: of type `certificate` if there is none.
 */
export async function authorityOf(url: URL, fingerprint: string, timeoutMs: number): Promise<string> {
  const wanted = plain(fingerprint)
  const chain = await chainOf(url, timeoutMs)
  const found = chain.find(certificate => plain(certificate.fingerprint256) === wanted)
  if (found === undefined)
    throw unusable(
      'certificate',
      'no certificate that the node sends has the fingerprint in ELASTICSEARCH_CA_FINGERPRINT',
    )
  return new X509Certificate(found.raw).toString()
}

const plain = (fingerprint: string): string => fingerprint.replaceAll(':', '').toUpperCase()

/** From the node's own up. Nothing is sent, and nothing of it is trusted: only its hashes are looked at. */
function chainOf({ hostname, port }: URL, timeoutMs: number): Promise<DetailedPeerCertificate[]> {
  const host = hostname.replace(/^\[|\]$/g, '')
  const { promise, resolve, reject } = Promise.withResolvers<DetailedPeerCertificate[]>()
  const socket = connect({ host, port: Number(port || 443), rejectUnauthorized: false, timeout: timeoutMs })
  socket.once('secureConnect', () => {
    resolve(issuersOf(socket.getPeerCertificate(true)))
    socket.destroy()
  })
  socket.once('error', error => reject(unusable('connection', error.message)))
  socket.once('timeout', () => {
    reject(unusable('timeout', 'no answer'))
    socket.destroy()
  })
  socket.once('close', () => reject(unusable('connection', 'the connection was closed')))
  return promise
}

function issuersOf(leaf: DetailedPeerCertificate): DetailedPeerCertificate[] {
  const chain: DetailedPeerCertificate[] = []
  // The last one is its own issuer, or has none.
  for (let one = leaf; one?.raw && !chain.includes(one); one = one.issuerCertificate) chain.push(one)
  return chain
}
