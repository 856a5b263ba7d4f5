class Teapot extends Error {
  constructor() {
    super('short and stout');
    this.name = 'Teapot';
  }
}

exports.handler = async () => {
  throw new Teapot();
};
