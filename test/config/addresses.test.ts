/**
 * Which addresses are asked: a metadata service is never one, in whatever clothes it comes.
 */
import { describe, expect, it } from 'vitest'
import { isAllowedAddress, wrongAddress } from '../../src/config/addresses.ts'

describe('An address', () => {
  it.each([
    '127.0.0.1',
    '10.0.0.1',
    '192.168.1.9',
    '1.1.1.1',
    '::1',
    'fd12:3456::1',
    '2606:4700::1111',
    '::ffff:10.0.0.1',
    '64:ff9b::a00:1',
    '2002:a00:1::1',
  ])('inside or outside is asked: %s', (address) => {
    expect(isAllowedAddress(address)).toBe(true)
  })

  it.each([
    '169.254.169.254',
    '169.254.170.2',
    '100.100.100.200',
    '192.0.0.192',
    '168.63.129.16',
    'fe80::1',
    'fe80::1%eth0',
    'fd00:ec2::254',
    'fd00:ec2::23',
    'fd20:ce::254',
    '0.0.0.0',
    '::',
    'ff02::1',
  ])('of a metadata service, or of nobody in particular, is not: %s', (address) => {
    expect(isAllowedAddress(address)).toBe(false)
  })

  it.each([
    ['mapped', '::ffff:169.254.169.254'],
    ['mapped', '::ffff:a9fe:a9fe'],
    ['translated', '::ffff:0:a9fe:a9fe'],
    ['compatible', '::169.254.169.254'],
    ['behind NAT64', '64:ff9b::a9fe:a9fe'],
    ['behind NAT64 of its own', '64:ff9b:1::a9fe:a9fe'],
    ['6to4', '2002:a9fe:a9fe::1'],
    ['of Alibaba, behind NAT64', '64:ff9b::6464:64c8'],
  ])('in IPv6 clothes, %s, is looked at as what it leads to: %s', (_, address) => {
    expect(isAllowedAddress(address)).toBe(false)
    expect(wrongAddress(`http://[${address}]/latest/`)).toContain('never asked')
  })

  it.each([
    'http://2852039166/',
    'http://0xa9fea9fe/',
    'http://0251.0376.0251.0376/',
    'http://169.254.43518/',
    'http://169.254.169.254./',
  ])('in decimal, hexadecimal or octal numbers is known: %s', (address) => {
    expect(wrongAddress(address)).toContain('169.254.169.254')
  })
})
