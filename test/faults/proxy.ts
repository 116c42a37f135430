/**
 * A TCP proxy that misbehaves as networks and dying servers do.
 *
 * Invariant: what it lets through is byte for byte what was sent, in order. A fault holds for
 * connections that stand and for new ones, until it is healed; `heal` never mends a broken one.
 */
import { createConnection, createServer, type Server, type Socket } from 'node:net'

export type Fault =
  /** Nobody listens: new connections are refused, those that stand are reset. */
  | { readonly kind: 'refuse' }
  /** Everything stands and nothing arrives, in one direction or in both. */
  | { readonly kind: 'blackhole'; readonly of: 'requests' | 'replies' | 'both' }
  /** Those that stand now never hear anything again, not even an end; new ones are well. */
  | { readonly kind: 'half-open' }
  | { readonly kind: 'reset' }
  /** The next reply of each that stands is lost, and its connection with it: was it done? */
  | { readonly kind: 'drop-reply' }
  | { readonly kind: 'slow'; readonly ms: number }
  /** A byte here, a few there: no message arrives whole. */
  | { readonly kind: 'slice' }

interface Pair {
  readonly client: Socket
  readonly server: Socket
  deaf: boolean
  losesReply: boolean
}

export class FaultProxy {
  private readonly pairs = new Set<Pair>()
  private readonly waiting: (() => void)[] = []
  private fault: Fault | null = null
  private server: Server | null = null
  private target: { readonly host: string; readonly port: number }
  port = 0

  constructor(target: { readonly host: string; readonly port: number }) {
    this.target = target
  }

  async open(): Promise<void> {
    const server = createServer({ noDelay: true }, (client) => this.connect(client))
    await new Promise<void>((ready, fail) => {
      server.once('error', fail)
      server.listen(this.port, '127.0.0.1', ready)
    })
    this.server = server
    const address = server.address()
    if (address !== null && typeof address === 'object') this.port = address.port
  }

  /** New connections go there: a failover. Those that stand are cut. */
  pointAt(target: { readonly host: string; readonly port: number }): void {
    this.target = target
    this.cut()
  }

  /** Connections that their client has not ended. */
  get standing(): number {
    return [...this.pairs].filter(({ client }) => !client.destroyed).length
  }

  async plant(fault: Fault): Promise<void> {
    switch (fault.kind) {
      case 'reset':
        return this.cut()
      case 'half-open':
        for (const pair of this.pairs) pair.deaf = true
        return
      case 'drop-reply':
        for (const pair of this.pairs) pair.losesReply = true
        return
      case 'refuse':
        await this.stopListening()
        return this.cut()
      case 'blackhole':
      case 'slow':
      case 'slice':
        this.fault = fault
    }
  }

  /** What waited in a black hole arrives now, as it does from a server that was frozen. */
  async heal(): Promise<void> {
    this.fault = null
    for (const pair of this.pairs) pair.losesReply = false
    for (const go of this.waiting.splice(0)) go()
    if (this.server === null) await this.open()
  }

  async close(): Promise<void> {
    this.fault = null
    await this.stopListening()
    this.cut()
    for (const go of this.waiting.splice(0)) go()
  }

  private async stopListening(): Promise<void> {
    const server = this.server
    this.server = null
    if (server === null) return
    const closed = new Promise((done) => server.close(done))
    this.cut()
    await closed
  }

  private cut(): void {
    for (const { client, server } of this.pairs) {
      client.resetAndDestroy()
      server.resetAndDestroy()
    }
    this.pairs.clear()
  }

  private connect(client: Socket): void {
    const server = createConnection({ ...this.target, noDelay: true, allowHalfOpen: true })
    const pair: Pair = { client, server, deaf: false, losesReply: false }
    this.pairs.add(pair)
    const end = (): void => {
      // The other side of a deaf one is never told.
      if (pair.deaf) return
      this.pairs.delete(pair)
      client.destroy()
      server.destroy()
    }
    for (const socket of [client, server]) {
      socket.on('error', end)
      socket.on('close', end)
    }
    void this.pump(client, server, pair, 'requests').finally(end)
    void this.pump(server, client, pair, 'replies').finally(end)
  }

  private async pump(from: Socket, to: Socket, pair: Pair, of: 'requests' | 'replies') {
    try {
      for await (const bytes of from as AsyncIterable<Buffer>) {
        await this.passable(of)
        if (pair.deaf) continue
        if (of === 'replies' && pair.losesReply) {
          pair.losesReply = false
          from.destroy()
          to.resetAndDestroy()
          return
        }
        await this.pass(bytes, to)
      }
    } catch {
      // An end like any other; both sides are ended by whoever started this.
    }
  }

  private async passable(of: 'requests' | 'replies'): Promise<void> {
    while (this.fault?.kind === 'blackhole' && (this.fault.of === of || this.fault.of === 'both')) {
      await new Promise<void>((go) => this.waiting.push(go))
    }
    if (this.fault?.kind === 'slow') await elapsed(this.fault.ms)
  }

  private async pass(bytes: Buffer, to: Socket): Promise<void> {
    if (this.fault?.kind !== 'slice') return write(to, bytes)
    for (let at = 0; at < bytes.length; ) {
      const size = Math.min(bytes.length - at, 1 + (at % 7) * 13)
      await write(to, bytes.subarray(at, at + size))
      await new Promise(setImmediate)
      at += size
    }
  }
}

const write = (to: Socket, bytes: Buffer): Promise<void> =>
  new Promise((done, fail) => to.write(bytes, (fault) => (fault ? fail(fault) : done())))

const elapsed = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms))
