#!/usr/bin/env node
/**
 * The `signalbox` command: the server, an agent, and the operator's verbs over the HTTP API.
 *
 * Invariant: the verbs use the API like anybody else. Exit 0: done; 1: refused or not there;
 * 78: the configuration is wrong.
 */
import { Command } from 'commander'
import { addAgent } from './cli/agent.ts'
import { addDoctor } from './cli/doctor.ts'
import { addOperating } from './cli/operate.ts'
import { addServe } from './cli/serve.ts'
import { addToken } from './cli/token.ts'
import { addVerbs } from './cli/verbs.ts'

const program = new Command('signalbox')
  .description('A self-hosted deploy bot: trains, consent, deploys, and the way back.')
  .showSuggestionAfterError()
addServe(program)
addAgent(program)
addOperating(program)
addDoctor(program)
addToken(program)
addVerbs(program)
try {
  await program.parseAsync()
} catch (fault) {
  console.error(`signalbox: ${fault instanceof Error ? fault.message : String(fault)}`)
  process.exitCode = 1
}
