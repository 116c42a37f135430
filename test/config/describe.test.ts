/**
 * A policy in plain words: what people read before they trust a file.
 */
import { describe, expect, it } from 'vitest'
import { describePolicy } from '../../src/config/describe.ts'
import { readPolicies } from '../../src/config/file.ts'

const said = (train: string, approvals: string, rest = '') => {
  const text = `people:
  - { name: ana, groups: [sre] }
  - { name: bob, groups: [sre] }
pipelines:
  api:
    repository: acme/api
    train: { ${train} }
    environments:
      - { name: staging, deploy: { run: ./deploy.sh staging, silence_timeout: 5m }, soak: 5m }
      - { name: production, approvals: { ${approvals} }, deploy: { run: ./ship, in: /srv }, agent: far }
${rest}`
  const read = readPolicies(text, { tokenNames: ['far'] })
  if (!read.ok) throw new Error(JSON.stringify(read.problems))
  return read.policies.map(describePolicy).join('\n')
}

describe('a policy in words', () => {
  it('says when doors close, who is asked, what runs where and who may do what', () => {
    expect(
      said('depart_at_changes: 8', 'others: 1, from: [sre], expire: 8h', '    paths: [a/**]'),
    ).toMatchInlineSnapshot(`
      "api: acme/api, branch main, where it touches a/**.
      Mode: trains of merged changes; people are asked on the way.
      Doors: close 20m after the first change boards, or with 8 changes aboard, or by hand; whichever comes first.
      Checks: every check reported must be green; one pending for 1h counts as red; where none is reported, go 10s after the merge.
      Journey:
        1. staging: nobody is asked; the embedded agent runs \`./deploy.sh staging\` in a fresh checkout, ended after 15m or 5m of silence; verified after 5m without trouble.
        2. production: every author aboard must consent, and 1 person who wrote none of it must approve (from sre, each good for 8h); agent far runs \`./ship\` in /srv, ended after 15m; verified as soon as it succeeds.
      Watched: a run not begun after 2m, a silent run after 5m, a slow run at 2 times the usual, pending checks after 30m, a train that waits for people after 4h, a lock without an end after 8h, failures at 3 in a row. Nobody is told of changes that wait without a deploy.
      Who may:
        send a train, cancel and retry it, and resume the line: everyone (no machine)
        hold a train and stop the line: everyone (no machine)
        lock an environment: everyone (no machine)
        roll back: everyone (no machine)
        settle a deployment whose end is unknown: everyone (no machine)
        send a special train off the branch: nobody (a hotfix must travel with its branch)
        break the glass: nobody (a closed gate stays closed until what closes it is gone)
        confirm who somebody is: nobody"
    `)
  })

  it.each([
    ['true', 'verification (asking and running nothing)'],
    ['{ addresses: ["http://web-02:8080"] }', 'verification (asking http://web-02:8080)'],
  ])('says what a repository with { from_repository: %s } may have looked at', (value, words) => {
    expect(said('', '', `    from_repository: ${value}`)).toContain(words)
  })

  it('says that a repository may have those commands run that the server’s file runs', () => {
    const other =
      '  web: { repository: acme/web, from_repository: true, environments: [{ name: live, deploy: { run: ./ship }, verify: [{ name: smoke, run: ./smoke.sh }] }] }'
    expect(said('', '', other)).toContain('verification (running commands of this file)')
  })

  it.each([
    ['', '', 'Mode: trains of merged changes; people are asked on the way.'],
    ['', 'authors: none', 'Mode: trains of merged changes, without asking anybody.'],
    ['depart_after: never', '', 'Mode: trains sent by hand; people are asked on the way.'],
    ['depart_after: never', '', 'Doors: close by hand only.'],
    ['depart_at_changes: 1', '', 'Mode: every merge by itself; people are asked on the way.'],
    ['depart_at_changes: 1', 'authors: none', 'Mode: every merge by itself, without asking'],
    ['depart_at_lines: 1', '', 'or with 1 changed line aboard'],
  ])('names the mode of { %s } with approvals { %s }', (train, approvals, words) => {
    expect(said(train, approvals)).toContain(words)
  })

  it.each([
    ['checks: { require: [] }', 'Checks: none are awaited.'],
    ['checks: { require: [test, lint] }', 'Checks: test, lint must be green'],
    ['permissions: { roll_back: [] }', 'settle a deployment whose end is unknown: nobody (an'],
    ['permissions: { break_glass: [sre, far] }', 'break the glass: sre, far'],
  ])('says what %s means', (line, words) => {
    expect(said('', '', `    ${line}`)).toContain(words)
  })
})
