"""`photoz app`."""

import click


@click.command("app")
@click.option("--catalogue", type=click.Path(), help="Catalogue to open, added to the workspace.")
@click.option("--workspace", type=click.Path(), help="Workspace folder; made if it is not there.")
@click.option(
    "--port", type=click.IntRange(0, 65535), default=0, help="Port; a free one by default."
)
@click.option("--no-browser", is_flag=True, help="Only print the address.")
@click.option("--window", is_flag=True, help="Open as a window of its own.")
def command(
    catalogue: str | None, workspace: str | None, port: int, no_browser: bool, window: bool
) -> None:
    """Open the dashboard; without --workspace, on the demonstration workspace."""
    if no_browser and window:
        raise click.UsageError("--no-browser and --window exclude each other; give one of them.")
    if catalogue:
        from photoz.catalogue import read_catalogue

        read_catalogue(catalogue)  # refused before a workspace is made
    from dashboard import serve

    def ready(url: str, query: str) -> None:
        click.echo(url)
        if window:
            click.echo(serve.open_window(url + query), err=True)
        elif not no_browser:
            click.launch(url + query)

    serve.run(workspace=workspace, catalogue=catalogue, port=port, ready=ready)
