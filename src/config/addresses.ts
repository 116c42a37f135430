/**
 * Which addresses the server may be told to ask: those whose origin its own file names, and never a
 * cloud's metadata or a group of machines.
 *
 * Invariant: private addresses are legitimate, for what verifies a deployment is usually inside;
 * link-local ones and those of metadata are refused whatever name leads there, and however they
 * are written.
 */
import { BlockList, isIP } from 'node:net'

/** Addresses of IPv4, and how many of their bits count. */
const REFUSED_V4: readonly (readonly [string, number])[] = [
  // The metadata of clouds, which hands out credentials: link-local, then each its own.
  ['169.254.0.0', 16],
  ['100.100.100.200', 32],
  ['168.63.129.16', 32],
  ['192.0.0.192', 32],
  // "Any", multicast, broadcast: nobody in particular.
  ['0.0.0.0', 8],
  ['224.0.0.0', 3],
]

const REFUSED_V6: readonly (readonly [string, number])[] = [
  ['fe80::', 10],
  ['fd00:ec2::', 32],
  ['fd20:ce::254', 128],
  ['::', 128],
  ['ff00::', 8],
]

/** How IPv6 carries an address of IPv4, and before how many bits: a gateway leads on to it. */
const CLOTHES: readonly (readonly [(v4: string) => string, number])[] = [
  [(v4) => `64:ff9b::${v4}`, 96],
  [(v4) => `64:ff9b:1::${v4}`, 96],
  [(v4) => `::ffff:0:${v4}`, 96],
  [(v4) => `2002:${v4}::`, 16],
]

const REFUSED = refused()

function refused(): BlockList {
  const list = new BlockList()
  for (const [net, bits] of REFUSED_V6) list.addSubnet(net, bits, 'ipv6')
  for (const [net, bits] of REFUSED_V4) {
    list.addSubnet(net, bits, 'ipv4')
    const v4 = inHex(net)
    for (const [dressed, before] of CLOTHES) list.addSubnet(dressed(v4), before + bits, 'ipv6')
    // Bare, what begins with zero is an address of IPv6 itself: `::1` is this machine.
    if (!net.startsWith('0.')) list.addSubnet(`::${v4}`, 96 + bits, 'ipv6')
  }
  return list
}

/** `a9fe:0000` of `169.254.0.0`. */
function inHex(v4: string): string {
  const digits = v4.split('.').map((part) => Number(part).toString(16).padStart(2, '0'))
  return `${digits.slice(0, 2).join('')}:${digits.slice(2).join('')}`
}

/** Whether an IP address may be connected to; an IPv4 address in IPv6 clothes is looked at as IPv4. */
export function isAllowedAddress(address: string): boolean {
  const kind = isIP(address)
  return kind !== 0 && !REFUSED.check(address, kind === 4 ? 'ipv4' : 'ipv6')
}

/** What is wrong with an address to be asked, or null. */
export function wrongAddress(text: string): string | null {
  if (!URL.canParse(text)) return 'must be a whole address such as `http://web-01:8080/version`'
  const { protocol, username, password, hostname } = new URL(text)
  if (protocol !== 'http:' && protocol !== 'https:') return 'must begin with http:// or https://'
  if (username + password !== '') return 'must not carry a user or password'
  // The parser has written every disguise of an IP address (decimal, octal) in the plain form.
  const host = hostname.replace(/^\[|\]$/g, '')
  return isIP(host) !== 0 && !isAllowedAddress(host)
    ? `\`${host}\` is a link-local, metadata, unspecified or multicast address, which is never asked`
    : null
}
