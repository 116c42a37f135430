/**
 * Which addresses the server may be told to ask: those of its own file, and never a cloud's
 * metadata or a group of machines.
 *
 * Invariant: private addresses are legitimate, for what verifies a deployment is usually inside;
 * link-local ones are refused whatever name leads there.
 */
import { BlockList, isIP } from 'node:net'

const REFUSED = new BlockList()
// The metadata of clouds, which hands out credentials, stands at link-local addresses.
REFUSED.addSubnet('169.254.0.0', 16, 'ipv4')
REFUSED.addSubnet('fe80::', 10, 'ipv6')
REFUSED.addAddress('fd00:ec2::254', 'ipv6')
REFUSED.addAddress('100.100.100.200', 'ipv4')
// "Any", multicast, broadcast: nobody in particular.
REFUSED.addSubnet('0.0.0.0', 8, 'ipv4')
REFUSED.addSubnet('224.0.0.0', 3, 'ipv4')
REFUSED.addAddress('::', 'ipv6')
REFUSED.addSubnet('ff00::', 8, 'ipv6')

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
    ? `\`${host}\` is a link-local, unspecified or multicast address, which is never asked`
    : null
}
