%% A WebSocket echo on Cowboy, at /chat of 127.0.0.1, and a page at /page: PORT [connect].
%% connect: announce extended CONNECT in HTTP/2.
-mode(compile).
-export([init/2, websocket_handle/2, websocket_info/2]).

main([Port | Options]) ->
    [code:add_path(Ebin) || App <- ["cowboy", "cowlib", "ranch"],
                            Ebin <- filelib:wildcard("/usr/lib/rabbitmq/lib/rabbitmq_server-*/plugins/" ++ App ++ "-*/ebin")],
    {ok, _} = application:ensure_all_started(cowboy),
    Routes = cowboy_router:compile([{'_', [{"/chat", ?MODULE, []}, {"/page", ?MODULE, page}]}]),
    Listen = [{ip, {127, 0, 0, 1}}, {port, list_to_integer(Port)}],
    {ok, _} = cowboy:start_clear(lab, Listen, #{env => #{dispatch => Routes},
                                                enable_connect_protocol => Options =:= ["connect"]}),
    receive stop -> ok end.

init(#{method := <<"GET">>} = Request, page) -> {ok, cowboy_req:reply(200, #{}, <<"lab">>, Request), page};
init(Request, page) -> {ok, cowboy_req:reply(405, #{<<"allow">> => <<"GET">>}, Request), page};
init(Request, State) -> {cowboy_websocket, Request, State}.

websocket_handle({text, Text}, State) -> {[{text, Text}], State};
websocket_handle(_, State) -> {ok, State}.

websocket_info(_, State) -> {ok, State}.
