// NestJS on Express, behind `@vendia/serverless-express`, written as TypeScript compiles it.
require('reflect-metadata');
const { Body, Controller, Get, HttpCode, HttpException, Injectable, Module, Param, Post, Query, Redirect, Res, UseGuards, Header, ParseIntPipe } = require('@nestjs/common');
const { NestFactory } = require('@nestjs/core');
const { ExpressAdapter } = require('@nestjs/platform-express');
const { map } = require('rxjs/operators');
const { configure } = require('@vendia/serverless-express');

const decorate = (decorators, target, key, types = []) => {
  const property = key === undefined ? undefined : Object.getOwnPropertyDescriptor(target, key);
  Reflect.defineMetadata('design:paramtypes', types, target, key);
  for (const decorator of decorators.reverse()) {
    if (key === undefined) decorator(target);
    else decorator(target, key, property);
  }
};
const parameter = (at, decorator) => (target, key) => decorator(target, key, at);

class Greeter { greet(name) { return `hello ${name}`; } }
decorate([Injectable()], Greeter);
class Guard { canActivate(context) { return context.switchToHttp().getRequest().headers['x-key'] === 'yes'; } }
decorate([Injectable()], Guard);
class Wrapper { intercept(context, next) { return next.handle().pipe(map((value) => ({ wrapped: value }))); } }
decorate([Injectable()], Wrapper);

class Routes {
  constructor(greeter) { this.greeter = greeter; }
  echo(name, query, body) { return { greeting: this.greeter.greet(name), query, body }; }
  made(body) { return body; }
  number(id) { return typeof id; }
  go() {}
  secret() { return 'secret'; }
  throws() { throw new HttpException({ reason: 'thrown' }, 418); }
  async breaks() { throw new TypeError('broken'); }
  own(response) { response.status(203).cookie('a', 'b').send('<p>é</p>'); }
}
decorate([Controller()], Routes, undefined, [Greeter]);
const routes = Routes.prototype;
decorate([Get('/echo/:name'), parameter(0, Param('name')), parameter(1, Query()), parameter(2, Body())], routes, 'echo', [String, Object, Object]);
decorate([Post('/echo/:name'), HttpCode(202), Header('X-Made', '1'), parameter(0, Body())], routes, 'made', [Object]);
decorate([Get('/r/:id/one'), parameter(0, Param('id', ParseIntPipe))], routes, 'number', [Number]);
decorate([Get('/go'), Redirect('/to', 301)], routes, 'go');
decorate([Get('/formats'), UseGuards(Guard)], routes, 'secret');
decorate([Get('/throws')], routes, 'throws');
decorate([Get('/jsonp')], routes, 'breaks');
decorate([Get('/cookies'), parameter(0, Res())], routes, 'own', [Object]);
class App {}
decorate([Module({ controllers: [Routes], providers: [Greeter, Guard] })], App);

let ready;
async function start() {
  const app = await NestFactory.create(App, new ExpressAdapter(), { logger: false });
  app.useGlobalInterceptors(new Wrapper());
  app.enableCors();
  await app.init();
  return configure({ app: app.getHttpAdapter().getInstance() });
}
exports.handler = async (event, context) => {
  ready = ready || start();
  return (await ready)(event, context);
};
