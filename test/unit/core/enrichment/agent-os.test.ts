import assert from 'node:assert/strict'
import { test } from 'node:test'
import { systemOf } from '../../../../src/core/enrichment/agent-os.ts'

const system = (userAgent: string, name: string | null, version: string | null = null) => {
  const found = systemOf(userAgent, { name, version })
  return found.name === null ? null : `${found.name} ${found.version}`.trim()
}

test('what the parsers find is believed, under its present name', () => {
  assert.equal(system('Mozilla/5.0 (X11; Ubuntu; Linux x86_64)', 'Ubuntu'), 'Ubuntu')
  assert.equal(
    system('Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7)', 'Mac OS', '10.15.7'),
    'macOS 10.15.7',
  )
  assert.equal(system('Foo/1.0', null), null)
})

test("Amazon's devices run Fire OS, whatever they say", () => {
  assert.equal(system('Mozilla/5.0 (Linux; Android 9; KFMAWI) AppleWebKit/537.36', 'Android', '9'), 'Fire OS')
  assert.equal(system('Mozilla/5.0 (Linux; Android 9; AFTMM Build/PS7255)', 'Android', '9'), 'Fire OS')
  assert.equal(
    system('Mozilla/5.0 (X11; Linux x86_64) Silk/44.1.54 like Chrome/44.0.2403.63', 'Linux'),
    'Fire OS',
  )
  assert.equal(system('Mozilla/5.0 (Linux; Android 9; KF-100)', 'Android', '9'), 'Android 9')
  assert.equal(system('Mozilla/5.0 (Windows NT 10.0) Silk/1', 'Windows', '10'), 'Windows 10')
})

test('televisions name systems that no list has', () => {
  assert.equal(
    system('Mozilla/5.0 (Linux ) Chrome/108.0 TiVoOS/1.0.0 (Vestel MB180)', 'Linux'),
    'TiVoOS 1.0.0',
  )
  assert.equal(system('Mozilla/5.0 (Linux armv7l) VIDAA/5.0(Hisense;SmartTV;)', 'Linux'), 'VIDAA 5.0')
  assert.equal(system('VIZIO ViziOS/1.4.512 WatchFree', null), 'ViziOS 1.4.512')
  assert.equal(system('Mozilla/5.0 (X11; CrOS/1.0)', 'Linux'), 'Linux')
})

test('Windows on phones and handhelds is another Windows', () => {
  assert.equal(
    system('Mozilla/4.0 (compatible; MSIE 6.0; Windows CE; IEMobile 7.7)', 'Windows', 'CE'),
    'Windows CE',
  )
  assert.equal(system('Mozilla/5.0 (MotorolaWebKit; U; Windows CE 5.0)', 'Windows', 'CE'), 'Windows CE 5.0')
  assert.equal(
    system('Mozilla/5.0 (Windows NT 6.2; ARM; WPDesktop; Lumia 636)', 'Windows', '8'),
    'Windows Phone',
  )
  assert.equal(system('Mozilla/5.0 (Windows NT 10.0; Win64; x64)', 'Windows', '10'), 'Windows 10')
})

test("a Mac is told by the processor in its network library's user agent", () => {
  assert.equal(
    system('Reeder/10 CFNetwork/520.4.3 Darwin/11.4.0 (x86_64) (MacBookPro4%2C1)', 'iOS', '5'),
    'macOS',
  )
  assert.equal(system('Reeder/10 CFNetwork/1390 Darwin/22.0.0', 'iOS', '16'), 'iOS 16')
  assert.equal(
    system('Sandbox/1.0 (me.og4; build:1; macOS(Catalyst) 13.1.0) Alamofire/5.6.4', null),
    'macOS 13.1.0',
  )
})

test('a version that is made up or has no number is none', () => {
  assert.equal(system('Mozilla/5.0 (Linux; Android 10; K) Mobile', 'Android', '10'), 'Android')
  assert.equal(system('Mozilla/5.0 (Linux; Android 10; SM-G960F)', 'Android', '10'), 'Android 10')
  assert.equal(system('Mozilla/5.0 (X11; Linux i686)', 'Linux', 'i686'), 'Linux')
  assert.equal(system('Foo/1.0 (freebsd 9.1)', 'freebsd', '9.1'), 'FreeBSD 9.1')
  assert.equal(system('Mozilla/5.0 (Web0S; Linux/SmartTV)', 'webOS', 'TV'), 'webOS')
  assert.equal(system('Mozilla/5.0 (Windows NT 5.1)', 'Windows', 'XP'), 'Windows XP')
})
