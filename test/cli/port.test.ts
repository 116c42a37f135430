/** Where a server listens, and what its links say. */
import { expect, test } from 'vitest'
import { placed } from '../../src/cli/port.ts'

const ANY = { host: '127.0.0.1', port: 0, url: 'http://localhost:0' }

test.each(['sample', 'installation'] as const)(
  'a %s on any free port says in its links which one it is',
  async (what) => {
    const { port, url } = await placed(ANY, what)
    expect(port).toBeGreaterThan(0)
    expect(url).toBe(`http://localhost:${port}`)
  },
)

test('an address that was given stays, whatever the port', async () => {
  const { url } = await placed({ ...ANY, url: 'https://deploy.example.com' }, 'installation')
  expect(url).toBe('https://deploy.example.com')
})

test('an installation stays at its port, be it taken', async () => {
  const asked = { host: null, port: 1, url: 'http://localhost:1' }
  expect(await placed(asked, 'installation')).toEqual({ ...asked, host: '0.0.0.0' })
})
